"""A private PostgreSQL server from the Debian package: own folder, own socket, own port.

A server that runs on this machine already is neither used nor disturbed.
"""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.authority import Identity
from tests.support.waiting import until

#: The login of the tests, and the word that must stand in no log.
USER, PASSWORD = "respondby", "brass-otter"

_START_WITHIN = 30.0
_STOP_WITHIN = 20.0
#: Where Debian puts the programs, which are not on the PATH.
_DEBIAN = Path("/usr/lib/postgresql")
#: For speed, and for faults that a test does not want to wait for. The disk outlives a kill.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "deadlock_timeout": "100ms",
    "log_min_messages": "warning",
    "listen_addresses": "127.0.0.1",
}


class NoPostgres(Exception):
    """There is no PostgreSQL for the tests: install the package postgresql (Debian, Ubuntu)."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class PrivateServer:
    """One server. It is up when the constructor returns, and gone without a trace after `stop`."""

    def __init__(self, **settings: str) -> None:
        """`settings` win over those that every server here gets."""
        self._settings = _SETTINGS | settings
        self._programs = _programs()
        self._home = Path(tempfile.mkdtemp(prefix="respondby-postgres-"))
        self._data = self._home / "data"
        # It refuses to run as root; then Debian's own user runs it.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._home, self._user)
        self._port = _free_port()
        self._numbers = itertools.count(1)
        self._make_files()
        self._server = self._start()

    def url(self, database: str = "postgres", port: int | None = None) -> str:
        """Where a client connects, with login and password; `port`: of a proxy in between."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port or self._port}/{database}"

    def new_database(self, template: str = "template0") -> str:
        """An empty database, or a copy of that one; its name."""
        name = f"tickets_{next(self._numbers)}"
        self.query(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def query(self, statement: str, database: str = "postgres") -> str:
        """What psql prints, without headings."""
        return self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, database)

    async def has_waiters(self, database: str) -> None:
        """Wait until somebody waits for a lock in this database."""
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        await until(lambda: self.query(waiting, database).strip() != "0", "somebody waits", 5)

    def dump(self, database: str, *options: str) -> str:
        """What pg_dump prints."""
        return self._run("pg_dump", *options, database)

    @contextmanager
    def speaking_tls(self, shown: Identity) -> Iterator[None]:
        """While the block lasts, to those who want it, with this certificate."""
        for setting, file in (("ssl_cert_file", shown.certificate), ("ssl_key_file", shown.key)):
            # It insists that the key is its user's and nobody else's.
            copy = Path(shutil.copy(file, self._home))
            copy.chmod(0o600)
            shutil.chown(copy, self._user or os.geteuid())
            self.query(f"ALTER SYSTEM SET {setting} = '{copy}'")
        self._set_tls("on")
        try:
            yield
        finally:
            self._set_tls("off")

    def restart(self) -> None:
        """As after a power cut: all are cut off, and what was committed is read from the log."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()
        self._server = self._start()

    def stop(self) -> None:
        self._server.send_signal(signal.SIGINT)  # which does not wait for the clients to go
        try:
            self._server.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _set_tls(self, value: str) -> None:
        self.query(f"ALTER SYSTEM SET ssl = {value}")
        self.query("SELECT pg_reload_conf()")
        # It reads its files a moment after it was told to; who connects then has what it read.
        while self.query("SHOW ssl").strip() != value:
            time.sleep(0.05)

    def _make_files(self) -> None:
        password = self._home / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            "initdb",
            f"--pgdata={self._data}",
            f"--username={USER}",
            f"--pwfile={password}",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )

    def _start(self) -> "subprocess.Popen[bytes]":
        place = {"port": str(self._port), "unix_socket_directories": str(self._home)}
        options = [f"--{name}={value}" for name, value in (self._settings | place).items()]
        with (self._home / "output").open("ab") as output:
            server = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self._data), *options],
                user=self._user,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._await(server)
        return server

    def _await(self, server: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _START_WITHIN
        while not self._is_ready():
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                told = (self._home / "output").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the test database server did not start: {told}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        return (
            subprocess.run(
                [str(self._programs / "pg_isready"), "-q"], env=self._environment(), check=False
            ).returncode
            == 0
        )

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            user=self._user,
            cwd=self._home,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_START_WITHIN,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        given = {"PGHOST": str(self._home), "PGPORT": str(self._port), "PGUSER": USER}
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **given}


def _programs() -> Path:
    """Where the newest server's programs are: Debian does not put them on the PATH."""
    found = [initdb.parent for initdb in _DEBIAN.glob("*/bin/initdb")]
    if not found and (initdb := shutil.which("initdb")):
        return Path(initdb).parent
    if not found:
        raise NoPostgres
    return max(found, key=lambda folder: float(folder.parent.name))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        return port
