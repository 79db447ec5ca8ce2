"""A private RabbitMQ node from the Debian package: own directory, own ports, own epmd.

A node or epmd that runs on this machine already is neither used nor disturbed.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.support.ports import free_ports

_BIN = Path("/usr/lib/rabbitmq/bin")
_START_WITHIN = 90.0
_STOP_WITHIN = 30.0

_CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users = none
log.console = false
log.file.level = warning
# Small machines: tests are not about these limits.
disk_free_limit.absolute = 10MB
vm_memory_high_watermark.absolute = 2GB
"""


def is_installed() -> bool:
    """Whether the package rabbitmq-server is here."""
    return (_BIN / "rabbitmq-server").exists() and shutil.which("epmd") is not None


class PrivateNode:
    """One node. It is up when the constructor returns, and gone without a trace after `stop`."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="respondby-rabbitmq-"))
        self._port, self.tls_port, distribution, self._epmd_port = free_ports(4)
        self._environment = self._settings(distribution)
        (self._home / "rabbitmq.conf").write_text(_CONFIG.format(port=self._port))
        (self._home / "plugins").write_text("[].\n")
        (self._home / "empty").write_text("")
        self._epmd = self._start_epmd()
        self._node = self._start_node()
        try:
            self._await_node()
        except BaseException:
            self.stop()
            raise

    def base_url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    def tls_listener(self) -> str:
        return f'{{"127.0.0.1", {self.tls_port}}}'

    def rabbitmqctl(self, *args: str) -> str:
        done = subprocess.run(
            [str(_BIN / "rabbitmqctl"), *args],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_START_WITHIN,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(
                f"rabbitmqctl {args[0]} ended with {done.returncode}: {done.stdout}{done.stderr}"
            )
        return done.stdout

    def brought(self, file: Path) -> str:
        return str(file)

    def restart(self) -> None:
        self._stop_node()
        self._node = self._start_node()
        self._await_node()

    def kill(self) -> None:
        """End the node as a power cut does."""
        self._node.kill()
        self._node.wait()

    def start(self) -> None:
        """Start it after `kill`."""
        self._node = self._start_node()
        self._await_node()

    def stop(self) -> None:
        self._stop_node()
        self._epmd.kill()
        self._epmd.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _settings(self, distribution: int) -> dict[str, str]:
        home = self._home
        return {
            "PATH": os.environ["PATH"],
            # The cookie is made here, so no other node's is read.
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"respondby-test-{self._port}@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(home / "empty"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_DIST_PORT": str(distribution),
            # Other machines have no business here.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2"
            ),
            # Makes the script exec the server, so that the process we start is the one we end.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _start_epmd(self) -> subprocess.Popen[bytes]:
        # In the foreground and ours: a node would leave one behind as a daemon.
        epmd = subprocess.Popen(
            [
                str(shutil.which("epmd")),
                *("-port", str(self._epmd_port)),
                *("-address", "127.0.0.1"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _await_port(self._epmd_port, epmd)
        return epmd

    def _start_node(self) -> subprocess.Popen[bytes]:
        with (self._home / "output").open("ab") as output:
            return subprocess.Popen(
                [str(_BIN / "rabbitmq-server")],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _await_node(self) -> None:
        try:
            _await_port(self._port, self._node)
        except RuntimeError as error:
            told = (self._home / "output").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the test broker did not start: {error}\n{told}") from error

    def _stop_node(self) -> None:
        self._node.terminate()
        try:
            self._node.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._node.kill()
            self._node.wait()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"nothing listens on port {port}")
