"""Settings: what is missing has a default, what is wrong stops the start in one clear line."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker import errors, settings
from worker.settings import Settings

SECRET = "velvet-otter"


def load(**variables: str) -> Settings:
    return settings.load({settings.PREFIX + name: value for name, value in variables.items()})


def refused(**variables: str) -> str:
    with pytest.raises(errors.BadSetting) as caught:
        load(**variables)
    told = str(caught.value)
    assert "\n" not in told
    return told


def warned(**variables: str) -> list[str]:
    return [*settings.unknown({settings.PREFIX + name: value for name, value in variables.items()})]


def test_without_any_variable_the_defaults_are_those_of_the_contract() -> None:
    plain = settings.load({"PATH": "/bin", "HTTP_PORT": "1"})
    assert plain.broker_url.get_secret_value() == "amqp://guest:guest@localhost:5672/"
    assert plain.database_url.get_secret_value() == "sqlite:///respondby.db"
    told = plain.model_dump(exclude={"broker_url", "database_url", "log_format"})
    assert told == {
        "allow_plaintext": False,
        "tls_ca": None,
        "tls_cert": None,
        "tls_key": None,
        "policy": None,
        "source": "/respondby",
        "http_host": "127.0.0.1",
        "http_port": 9464,
        "log_level": "info",
        "prefetch": told["prefetch"],
        "batch_size": told["batch_size"],
        "max_message_bytes": 262_144,
        "outbox_limit": 100_000,
        "catch_up_seconds": 60,
        "retention": timedelta(days=30),
    }


def test_every_setting_can_be_set(tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.touch()
    changed = load(
        BROKER_URL="amqps://u:p@broker:5671/vhost",
        ALLOW_PLAINTEXT="true",
        TLS_CA=str(file),
        TLS_CERT=str(file),
        TLS_KEY=str(file),
        DATABASE_URL="sqlite:////var/lib/tickets.db",
        POLICY="policy.yaml",
        SOURCE="/desk",
        HTTP_HOST="::",
        HTTP_PORT="0",
        LOG_FORMAT="JSON",
        LOG_LEVEL="Warning",
        PREFETCH="10",
        BATCH_SIZE="5",
        MAX_MESSAGE_BYTES="4096",
        OUTBOX_LIMIT="7",
        CATCH_UP_SECONDS="0.5",
        RETENTION="36h",
    )
    assert changed.model_fields_set == set(Settings.model_fields)
    assert (changed.log_format, changed.log_level) == ("json", "warning")
    assert (changed.http_port, changed.retention) == (0, timedelta(hours=36))


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert load(POLICY="", HTTP_PORT="", BROKER_URL="", BROKER_URL_FILE="") == load()


BAD_VALUES = [
    ("BROKER_URL", "localhost", "must be amqp://"),
    ("BROKER_URL", "http://localhost", "must be amqp://"),
    ("BROKER_URL", "amqp://", "must be amqp://"),
    ("BROKER_URL", "amqp://localhost:port", "must be amqp://"),
    ("BROKER_URL", "amqp://localhost:70000", "must be amqp://"),
    ("BROKER_URL", "amqp://localhost/?verify_ssl=0", "must be amqp://"),
    ("BROKER_URL", "amqp://broker", "plain amqp to another host would send the password in the"),
    ("ALLOW_PLAINTEXT", "maybe", "must be true or false"),
    ("TLS_CA", "/nowhere/ca.pem", "there is no such file"),
    ("TLS_CERT", "/", "there is no such file"),
    ("TLS_KEY", "x" * 5000, "there is no such file"),
    ("TLS_KEY", __file__, "needs RESPONDBY_TLS_CERT beside it"),
    ("DATABASE_URL", "mysql://localhost/tickets", "must be sqlite:///PATH"),
    ("DATABASE_URL", "sqlite://", "must be sqlite:///PATH"),
    ("DATABASE_URL", "sqlite:///", "must be sqlite:///PATH"),
    ("DATABASE_URL", "postgres://localhost/tickets", "must be sqlite:///PATH or postgresql://"),
    ("DATABASE_URL", "postgresql://u:p/x@localhost/tickets", "must be postgresql://USER"),
    ("DATABASE_URL", "postgresql://u:p@x@localhost/tickets", "must be postgresql://USER"),
    ("DATABASE_URL", "postgresql://u:p#x@localhost/tickets", "must be postgresql://USER"),
    ("DATABASE_URL", "postgresql://u:p?x@localhost/tickets", "must be postgresql://USER"),
    ("DATABASE_URL", "postgresql://localhost:port/tickets", "must be postgresql://USER"),
    ("DATABASE_URL", "postgresql://localhost/tickets?sslmode", "must be postgresql://USER"),
    ("SOURCE", "x" * 201, "must have at most 200 characters"),
    ("HTTP_PORT", "http", "must be a whole number"),
    ("HTTP_PORT", "65536", "must be at most 65535"),
    ("HTTP_PORT", "-1", "must be at least 0"),
    ("HTTP_PORT", "1.5", "must be a whole number"),
    ("LOG_FORMAT", "xml", "must be 'console' or 'json'"),
    ("LOG_LEVEL", "loud", "must be 'debug', 'info', 'warning' or 'error'"),
    ("PREFETCH", "0", "must be at least 1"),
    ("BATCH_SIZE", "0", "must be at least 1"),
    ("MAX_MESSAGE_BYTES", "1", "must be at least 1024"),
    ("OUTBOX_LIMIT", "many", "must be a whole number"),
    ("CATCH_UP_SECONDS", "-1", "must be at least 0"),
    ("CATCH_UP_SECONDS", "nan", "must be a finite number"),
    ("CATCH_UP_SECONDS", "1m", "must be a number"),
    ("RETENTION", "30", "must be a duration like 30m"),
    ("RETENTION", "0d", "must be longer than zero"),
    ("RETENTION", "999999d", "must be at most 36500d"),
]


@pytest.mark.parametrize(("name", "value", "said"), BAD_VALUES)
def test_a_bad_value_is_told_in_one_line_that_names_the_variable(
    name: str, value: str, said: str
) -> None:
    assert refused(**{name: value}).startswith(f"RESPONDBY_{name}: {said}")


@pytest.mark.parametrize(
    "url",
    [
        f"amqp://user:{SECRET}@broker",
        f"amqp://user:{SECRET}/x@broker",
        f"amqp://user:{SECRET}#x@broker",
        f"amqp://user:{SECRET}?x@broker",
        f"amqp://user:{SECRET}@[broker",
        f"amqp://user:{SECRET}@broker:{SECRET}",
        f"amqp://user:{SECRET}\u2100@broker",
        f"{SECRET}://broker",
        SECRET,
    ],
)
def test_no_part_of_a_url_is_repeated(url: str) -> None:
    assert SECRET not in refused(BROKER_URL=url)
    assert SECRET not in refused(DATABASE_URL=url)


@pytest.mark.parametrize("rest", ["/x@db", "#x@db", "?x@db", "@x@db", "@[db", "@db:port"])
def test_no_part_of_a_database_s_url_is_repeated(rest: str) -> None:
    assert SECRET not in refused(DATABASE_URL=f"postgresql://user:{SECRET}{rest}/tickets")


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_any_text_in_a_url_s_place_is_a_setting_or_refused(text: str) -> None:
    for name in ("BROKER_URL", "DATABASE_URL"):
        try:
            load(**{name: text})
        except errors.BadSetting as refusal:
            assert str(refusal).startswith(f"RESPONDBY_{name}: ")  # noqa: PT017


def test_secrets_are_not_seen_in_the_settings_themselves() -> None:
    shown = load(BROKER_URL=f"amqp://u:{SECRET}@localhost", DATABASE_URL=f"sqlite:///{SECRET}")
    assert SECRET not in repr(shown)
    assert SECRET not in str(shown)


def test_plain_amqp_goes_to_this_host_only_unless_that_is_allowed() -> None:
    for here in ("localhost", "127.0.0.1", "[::1]"):
        load(BROKER_URL=f"amqp://{here}")
    for elsewhere in ("localhost.example", "10.0.0.1", "[::2]"):
        assert "RESPONDBY_ALLOW_PLAINTEXT=true" in refused(BROKER_URL=f"amqp://{elsewhere}")
        load(BROKER_URL=f"amqp://{elsewhere}", ALLOW_PLAINTEXT="true")
        load(BROKER_URL=f"amqps://{elsewhere}")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///tickets.db", "tickets.db"),
        ("sqlite:////var/lib/tickets.db", "/var/lib/tickets.db"),
        ("sqlite:///my%20tickets.db", "my tickets.db"),
    ],
)
def test_a_database_is_a_file(url: str, path: str) -> None:
    assert load(DATABASE_URL=url).database_path == Path(path)


@pytest.mark.parametrize(
    "rest",
    [
        "localhost/tickets",
        "u:p%40%2F%23@[::1]:5432/tickets?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "u@db-1:5432,db-2/tickets?target_session_attrs=primary",
        "/tickets?host=/run/postgresql",
    ],
)
def test_a_database_may_be_a_server_s(rest: str) -> None:
    assert load(DATABASE_URL=f"postgresql://{rest}").on_postgresql
    assert not load(DATABASE_URL="sqlite:///postgresql://").on_postgresql


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("amqp://u:p@localhost\n")
    assert load(BROKER_URL_FILE=str(file)).broker_url.get_secret_value() == "amqp://u:p@localhost"
    file.write_text("sqlite:///x.db")
    assert load(DATABASE_URL_FILE=str(file)).database_path == Path("x.db")


def test_a_secret_s_file_that_cannot_be_used_is_told_without_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_bytes(b"\xff" + SECRET.encode())
    assert refused(BROKER_URL_FILE=str(file)).endswith("_FILE: the file is not UTF-8 text")
    file.write_text(" \n")
    assert refused(BROKER_URL_FILE=str(file)).endswith("_FILE: the file is empty")
    file.write_text(f"http://u:{SECRET}@localhost")
    assert SECRET not in refused(BROKER_URL_FILE=str(file))
    assert refused(BROKER_URL_FILE=f"amqp://{SECRET}") == (
        "RESPONDBY_BROKER_URL_FILE: cannot be read: No such file or directory"
    )


def test_a_secret_that_is_told_twice_is_refused(tmp_path: Path) -> None:
    told = refused(BROKER_URL="amqp://localhost", BROKER_URL_FILE=str(tmp_path / "url"))
    assert told == "RESPONDBY_BROKER_URL and RESPONDBY_BROKER_URL_FILE are both set; choose one"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("BROKER", "BROKER_URL"),
        ("BROKER_URL_FILES", "BROKER_URL_FILE"),
        ("HTTPPORT", "HTTP_PORT"),
        ("HTPP_PORT", "HTTP_PORT"),
        ("POLICY_FILE", "POLICY"),
        ("POLICIES", "POLICY"),
        ("RETENTON", "RETENTION"),
        ("PRE_FETCH", "PREFETCH"),
        ("LOGLEVEL", "LOG_LEVEL"),
    ],
)
def test_an_unknown_name_is_warned_about_with_the_nearest(name: str, near: str) -> None:
    assert warned(**{name: "1"}) == [
        f"RESPONDBY_{name} is not a setting; the nearest is RESPONDBY_{near}"
    ]


def test_every_unknown_name_has_a_nearest() -> None:
    (told,) = warned(ZZZ="1")
    assert "the nearest is RESPONDBY_" in told


def test_settings_and_other_programs_variables_are_not_warned_about() -> None:
    assert not warned(**{name.upper(): "1" for name in Settings.model_fields})
    assert not warned(BROKER_URL_FILE="x", DATABASE_URL_FILE="x")
    assert not warned(TEST_BROKER_URL="x", TEST_RABBITMQ_IMAGE="x")
    assert not [*settings.unknown({"PATH": "x", "respondby_source": "x", "X_RESPONDBY_Y": "x"})]


#: What Kubernetes injects for the services respondby, respondby-metrics and respondby-http.
LINKS = {
    f"{service}{rest}": value
    for service in ("", "METRICS_", "HTTP_")
    for rest, value in {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT": "9464",
        "SERVICE_PORT_METRICS": "9464",
        "PORT": "tcp://10.0.0.1:9464",
        "PORT_9464_TCP": "tcp://10.0.0.1:9464",
        "PORT_9464_TCP_PROTO": "tcp",
        "PORT_9464_TCP_PORT": "9464",
        "PORT_9464_TCP_ADDR": "10.0.0.1",
        "PORT_53_UDP_ADDR": "10.0.0.1",
    }.items()
}


def test_service_links_are_neither_warned_about_nor_taken_for_settings() -> None:
    assert not warned(**LINKS)
    assert load(**LINKS) == load()
