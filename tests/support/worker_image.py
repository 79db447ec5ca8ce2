"""The command `respondby` out of an image: what the tests start then is a container.

`RESPONDBY_TEST_IMAGE` names the image; `tests/images/worker` makes one and tests it. A container
has this machine's network, a root that is read-only, the image's own user, and of our files a
worker's folder, what its settings name, and nothing else.
"""

import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import IO


def given() -> str | None:
    """The image that is to be tested; None: the command that is installed here."""
    return os.environ.get("RESPONDBY_TEST_IMAGE") or None


class ContainedProcess(subprocess.Popen[bytes]):
    """A process that stands for what runs in a container: it ends with it, and as it does."""

    def __init__(
        self,
        image: str,
        arguments: Sequence[str],
        variables: Mapping[str, str],
        folder: Path,
        log: IO[bytes],
    ) -> None:
        self._name = f"respondby-test-{uuid.uuid4().hex[:12]}"
        folders = _folders(variables, folder)
        for each in folders:  # the image's user is none of this machine's
            each.chmod(0o777)
        hardened = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        run = ["docker", "run", "--rm", f"--name={self._name}", "--network=host", *hardened]
        place = ["--tmpfs=/tmp", f"--workdir={folder}"]
        place += [f"--volume={each}:{each}" for each in folders]
        place += [f"--volume={file}:{file}:ro" for file in _files(variables, folders)]
        # By name: a value may be a secret, and who lists processes sees their arguments.
        passed = [f"--env={name}" for name in variables]
        super().__init__(
            [*run, *place, *passed, image, *arguments],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    @property
    def inner_pid(self) -> int:
        """The worker itself, as this machine numbers it."""
        inspect = ["docker", "inspect", "--format={{.State.Pid}}", self._name]
        return int(subprocess.run(inspect, capture_output=True, check=True).stdout)

    def send_signal(self, sig: int) -> None:
        """To the worker; docker itself would not pass each of them on."""
        if self.poll() is None and not self._kill(sig):
            super().send_signal(sig)  # there is no container yet, or no longer

    def _kill(self, sig: int) -> bool:
        kill = ["docker", "kill", f"--signal={int(sig)}", self._name]
        return subprocess.run(kill, capture_output=True, check=False).returncode == 0


def _folders(variables: Mapping[str, str], folder: Path) -> set[Path]:
    """What it may write into: its own, and the one that its database is in."""
    database = variables.get("RESPONDBY_DATABASE_URL", "").removeprefix("sqlite:///")
    place = Path(database).parent
    return {folder, place} if place.is_absolute() and place.is_dir() else {folder}


def _files(variables: Mapping[str, str], folders: Set[Path]) -> list[Path]:
    """What its settings name, and lies elsewhere."""
    paths = [Path(value) for value in variables.values() if value.startswith("/")]
    return [path for path in paths if path.is_file() and folders.isdisjoint(path.parents)]
