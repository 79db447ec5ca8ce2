"""What deploy/systemd/respondby.service promises: locked down, and no secret in it.

Whether systemd takes it:  systemd-analyze verify deploy/systemd/respondby.service
"""

import re
from pathlib import Path

import pytest

from tests.support.worker_process import GONE_WITHIN
from worker import settings

UNIT = Path(__file__).parents[3] / "deploy" / "systemd" / "respondby.service"


def lines(name: str) -> list[str]:
    """All values of a directive, in order."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.M)


def variables() -> dict[str, str]:
    pairs = (line.partition("=") for line in lines("Environment"))
    return {name: value for name, _, value in pairs}


def test_every_setting_is_one() -> None:
    assert variables()
    assert list(settings.unknown(variables())) == []


def test_each_secret_that_is_read_is_given() -> None:
    given = {line.partition(":")[0] for line in lines("LoadCredential")}
    read = {value.removeprefix("%d/") for value in variables().values() if value.startswith("%d/")}
    assert read == given != set()


def test_the_database_is_in_the_one_folder_that_may_be_written() -> None:
    (folder,) = lines("StateDirectory")
    assert variables()["RESPONDBY_DATABASE_URL"].startswith(f"sqlite:////var/lib/{folder}/")
    assert lines("ReadWritePaths") == []


def test_the_worker_is_not_killed_while_it_may_still_drain() -> None:
    (seconds,) = lines("TimeoutStopSec")
    assert int(seconds) >= GONE_WITHIN


@pytest.mark.parametrize(
    "directive",
    [
        "ProtectSystem=strict",
        "NoNewPrivileges=true",
        "CapabilityBoundingSet=",
        "PrivateTmp=true",
        "PrivateDevices=true",
        "RestrictNamespaces=true",
        "MemoryDenyWriteExecute=true",
        "SystemCallFilter=@system-service",
        "UMask=0077",
    ],
)
def test_the_service_is_locked_down(directive: str) -> None:
    assert directive in UNIT.read_text("utf-8").splitlines()


def test_a_driver_may_look_into_a_home_and_finds_nothing() -> None:
    """asyncpg looks for certificates in ~/.postgresql; where it is refused, it gives up."""
    assert lines("ProtectHome") == ["tmpfs"]


def test_nothing_is_said_twice() -> None:
    names = re.findall(r"^(\w+)=", UNIT.read_text("utf-8"), re.M)
    several = {"Environment", "SystemCallFilter"}
    assert {name for name in names if names.count(name) > 1} == several
