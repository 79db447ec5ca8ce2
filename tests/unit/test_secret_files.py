"""Secrets in files: read anew, each by itself, and warned about where all may read them."""

from pathlib import Path

import pytest

from worker import errors, settings
from worker.settings import Settings

SECRET = "mauve-badger"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """By the secret's name; only their owner may read them."""
    made = {name: tmp_path / name for name in ("broker_url", "database_url")}
    made["broker_url"].write_text("amqp://u:first@localhost")
    made["database_url"].write_text("postgresql://u:first@localhost/tickets")
    for file in made.values():
        file.chmod(0o400)
    return made


def load(files: dict[str, Path], **variables: str) -> Settings:
    given = {f"RESPONDBY_{name.upper()}_FILE": str(file) for name, file in files.items()}
    return settings.load(given | {f"RESPONDBY_{name}": value for name, value in variables.items()})


def rewrite(file: Path, text: str) -> None:
    file.chmod(0o600)
    file.write_text(text)


def test_a_secret_is_renewed_from_its_file_and_all_else_stays(files: dict[str, Path]) -> None:
    loaded = load(files, RETENTION="36h", SOURCE="/desk")
    rewrite(files["broker_url"], "amqp://u:second@localhost")
    renewed = loaded.renewed("broker_url")
    assert renewed.broker_url.get_secret_value() == "amqp://u:second@localhost"
    assert renewed.model_dump(exclude={"broker_url"}) == loaded.model_dump(exclude={"broker_url"})
    assert loaded.broker_url.get_secret_value() == "amqp://u:first@localhost"


def test_a_file_that_cannot_be_used_stands_in_the_way_of_its_own_secret_only(
    files: dict[str, Path],
) -> None:
    loaded = load(files)
    rewrite(files["broker_url"], "")
    with pytest.raises(errors.BadSetting, match="RESPONDBY_BROKER_URL_FILE: the file is empty"):
        loaded.renewed("broker_url")
    assert loaded.renewed("database_url").database_url == loaded.database_url


def test_a_renewed_secret_obeys_the_rules_of_the_first(files: dict[str, Path]) -> None:
    loaded = load(files)
    rewrite(files["broker_url"], f"amqp://u:{SECRET}@elsewhere.example")
    with pytest.raises(errors.BadSetting, match="in the clear") as refused:
        loaded.renewed("broker_url")
    assert SECRET not in str(refused.value)


def test_what_came_from_no_file_is_never_another(tmp_path: Path) -> None:
    loaded = settings.load({"RESPONDBY_BROKER_URL": "amqp://localhost"})
    assert loaded.renewed("broker_url") is loaded


def test_a_file_that_all_may_read_is_warned_about_without_its_path(
    files: dict[str, Path], tmp_path: Path
) -> None:
    pem = tmp_path / "key.pem"
    pem.touch(mode=0o600)
    loaded = load(files, TLS_CERT=str(pem), TLS_KEY=str(pem))
    assert [*settings.exposed(loaded)] == []
    files["broker_url"].chmod(0o444)
    pem.chmod(0o644)
    assert [*settings.exposed(loaded)] == [
        "RESPONDBY_BROKER_URL_FILE: every user of this machine may read the file",
        "RESPONDBY_TLS_KEY: every user of this machine may read the file",
    ]


def test_the_group_may_read_it(files: dict[str, Path]) -> None:
    # As Kubernetes and systemd give files to a service that is not root.
    files["broker_url"].chmod(0o440)
    assert [*settings.exposed(load(files))] == []
