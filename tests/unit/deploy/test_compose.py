"""What deploy/compose.yaml promises: locked down, for this machine only, and no secret in it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compose import new_secrets
from tests.support.worker_process import GONE_WITHIN
from worker import settings

DEPLOY = Path(__file__).parents[3] / "deploy"
Service = dict[str, Any]


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    found: dict[str, Service] = document["services"]
    return found


def test_every_container_is_locked_down(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_ports_are_for_this_machine_only(services: dict[str, Service]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_every_image_can_come_from_elsewhere(services: dict[str, Service]) -> None:
    for service in services.values():
        assert re.fullmatch(r"\$\{RESPONDBY_\w*IMAGE:-[\w./-]+(:[\w.-]+)?\}", service["image"])


def test_the_worker_s_settings_are_settings(services: dict[str, Service]) -> None:
    assert list(settings.unknown(services["worker"]["environment"])) == []


def test_the_worker_is_stopped_before_broker_and_database_are(services: dict[str, Service]) -> None:
    assert {"rabbitmq", "postgres"} <= set(services["worker"]["depends_on"])


def test_no_worker_is_killed_while_it_may_still_drain(services: dict[str, Service]) -> None:
    assert int(services["worker"]["stop_grace_period"].removesuffix("s")) >= GONE_WITHIN


def test_no_container_leaves_a_volume_without_a_name(services: dict[str, Service]) -> None:
    (left,) = re.findall("^VOLUME (.+)$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.M)
    ours = [one for one in services.values() if one["image"] == services["worker"]["image"]]
    assert len(ours) == 2
    for service in ours:
        assert left in {mount.split(":")[0] for mount in service["tmpfs"]}


def test_what_is_mounted_from_here_is_here(services: dict[str, Service]) -> None:
    volumes = [volume for service in services.values() for volume in service.get("volumes", [])]
    here = [DEPLOY / volume.split(":")[0] for volume in volumes if volume.startswith(".")]
    assert here
    assert [path for path in here if not path.exists()] == []


def test_the_image_s_user_may_read_the_worker_s_secrets() -> None:
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert f"USER {new_secrets.WORKER}:{new_secrets.WORKER}\n" in image


def test_each_side_of_a_connection_has_the_same_password_and_no_other(tmp_path: Path) -> None:
    worker, rabbitmq, postgres = _made(tmp_path)
    broker, database = (_password(worker / name) for name in ("broker-url", "database-url"))
    assert f'{{default_pass, <<"{broker}">>}}' in (rabbitmq / "advanced.config").read_text()
    assert (postgres / "password").read_text() == database
    assert broker != database
    assert min(len(broker), len(database)) >= 32
    modes = [(worker / name).stat().st_mode & 0o777 for name in ("broker-url", "database-url")]
    assert modes == [0o400, 0o400]


def test_secrets_are_made_once(tmp_path: Path) -> None:
    before = [file.read_text() for folder in _made(tmp_path) for file in sorted(folder.iterdir())]
    after = [file.read_text() for folder in _made(tmp_path) for file in sorted(folder.iterdir())]
    assert before == after


def test_after_an_interruption_all_secrets_are_made_anew(tmp_path: Path) -> None:
    worker, *_ = _made(tmp_path)
    first = (worker / "broker-url").read_text()
    (worker / "done").unlink()
    _made(tmp_path)
    assert (worker / "broker-url").read_text() != first


def _made(folder: Path) -> tuple[Path, Path, Path]:
    worker, rabbitmq, postgres = (folder / name for name in ("worker", "rabbitmq", "postgres"))
    for each in (worker, rabbitmq, postgres):
        each.mkdir(exist_ok=True)
    new_secrets.make(worker, rabbitmq, postgres, owner=folder.stat().st_uid)
    return worker, rabbitmq, postgres


def _password(url: Path) -> str:
    return url.read_text().split("//respondby:")[1].split("@")[0]
