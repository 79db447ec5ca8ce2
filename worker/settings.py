"""Configuration from the environment, read once and checked at the start."""

import difflib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from worker import durations, errors, secret_file, urls

PREFIX = "RESPONDBY_"
#: The longest event that is read, unless a setting says otherwise.
MAX_MESSAGE_BYTES = 262_144
_FILE = "_FILE"
_SQLITE = "sqlite:///"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
#: What Kubernetes injects into every pod for each service whose name begins with `respondby`.
_SERVICE_LINK = re.compile(
    r"(.*_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://\S+")


def _existing(path: Path) -> Path:
    try:
        found = path.is_file()
    except OSError:  # such as a folder that may not be looked into
        found = False
    if not found:
        raise ValueError("there is no such file")
    return path


def _within_a_lifetime(duration: timedelta) -> timedelta:
    if duration > timedelta(days=36_500):
        raise ValueError("must be at most 36500d")
    return duration


ExistingFile = Annotated[Path, AfterValidator(_existing)]


class Settings(BaseModel):
    """Every setting, as CONTRACT names it, without its prefix and in lower case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    broker_url: SecretStr = SecretStr("amqp://guest:guest@localhost:5672/")
    allow_plaintext: bool = False
    tls_ca: ExistingFile | None = None
    tls_cert: ExistingFile | None = None
    tls_key: ExistingFile | None = None
    database_url: SecretStr = SecretStr("sqlite:///respondby.db")
    policy: Path | None = None
    source: Annotated[str, Field(min_length=1, max_length=200)] = "/respondby"
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 9464
    log_format: Literal["console", "json"] = Field(
        default_factory=lambda: "console" if sys.stderr.isatty() else "json"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    prefetch: Annotated[int, Field(ge=1, le=2000)] = 400
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 100
    max_message_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = MAX_MESSAGE_BYTES
    outbox_limit: Annotated[int, Field(ge=1)] = 100_000
    catch_up_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 60
    retention: Annotated[
        timedelta, BeforeValidator(durations.parse), AfterValidator(_within_a_lifetime)
    ] = timedelta(days=30)
    _files: dict[str, str] = PrivateAttr(default_factory=dict)
    """which secrets came from a file, and from which"""

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("broker_url")
    @classmethod
    def _amqp(cls, value: SecretStr) -> SecretStr:
        url = urls.split(value.get_secret_value())
        if url is None or url.scheme not in ("amqp", "amqps") or not url.hostname:
            raise ValueError(
                f"must be amqp://USER:PASSWORD@HOST:PORT/VHOST or amqps://…; {urls.ESCAPED}"
            )
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if urls.is_postgresql(url):
            return value
        if url.startswith(urls.POSTGRESQL):
            raise ValueError(
                f"must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE; {urls.ESCAPED}"
            )
        if not url.startswith(_SQLITE) or url == _SQLITE:
            raise ValueError("must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")
        if ":memory:" in url:
            raise ValueError("must name a file: what is in memory does not survive")
        return value

    @model_validator(mode="after")
    def _plain_only_to_this_host(self) -> Self:
        url = urlsplit(self.broker_url.get_secret_value())
        if url.scheme == "amqp" and url.hostname not in _LOOPBACK and not self.allow_plaintext:
            raise ValueError(
                f"{PREFIX}BROKER_URL: plain amqp to another host would send the password in the "
                f"clear; use amqps, or set {PREFIX}ALLOW_PLAINTEXT=true"
            )
        return self

    @model_validator(mode="after")
    def _key_and_certificate(self) -> Self:
        if self.tls_key is not None and self.tls_cert is None:
            raise ValueError(f"{PREFIX}TLS_KEY: needs {PREFIX}TLS_CERT beside it")
        return self

    def renewed(self, secret: str) -> "Settings":
        """The same, with this secret as its file has it now; raises BadSetting."""
        if secret not in self._files:
            return self
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return _checked(given, {secret: self._files[secret]})

    @property
    def on_postgresql(self) -> bool:
        """Whether the database is a server's, which several workers may share."""
        return self.database_url.get_secret_value().startswith(urls.POSTGRESQL)

    @property
    def database_path(self) -> Path:
        """Where the SQLite file is; `sqlite:///a` is relative, `sqlite:////a` absolute."""
        return Path(unquote(self.database_url.get_secret_value().removeprefix(_SQLITE)))


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; raises BadSetting in one line that names the variable.

    An empty variable is one that is not set. No value is ever repeated: it may be a secret.
    """
    environment = os.environ if environment is None else environment
    files = dict(_files(environment))
    loaded = _checked(dict(_given(environment)), files)
    loaded._files = files
    return loaded


def unknown(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A warning for each variable that looks like a setting and is none."""
    environment = os.environ if environment is None else environment
    allowed = [name.upper() for name in Settings.model_fields]
    allowed += [name.upper() + _FILE for name in _secrets()]
    for name in sorted(environment):
        rest = name.removeprefix(PREFIX)
        if rest not in (name, *allowed) and not _is_foreign(name, environment):
            near = difflib.get_close_matches(rest, allowed, n=1, cutoff=0)
            yield f"{name} is not a setting; the nearest is {PREFIX}{near[0]}"


def exposed(settings: Settings) -> Iterator[str]:
    """A warning for each file with a secret that every user of this machine may read."""
    paths = {f"{name}{_FILE}": path for name, path in settings._files.items()}
    for name, path in {**paths, "tls_key": settings.tls_key}.items():
        if path is not None and secret_file.is_exposed(path):
            yield f"{PREFIX}{name.upper()}: every user of this machine may read the file"


def _checked(given: Mapping[str, Any], files: Mapping[str, str]) -> Settings:
    secrets = {
        name: secret_file.read(f"{PREFIX}{name.upper()}{_FILE}", path)
        for name, path in files.items()
    }
    try:
        return Settings(**{**given, **secrets})
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        name = "".join(f"{PREFIX}{str(part).upper()}: " for part in fault["loc"][:1])
        raise errors.BadSetting(name + _message(fault)) from None


def _given(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for field in Settings.model_fields:
        name = PREFIX + field.upper()
        if (value := environment.get(name)) and not _is_foreign(name, environment):
            yield field, value


def _files(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for field in _secrets():
        name = PREFIX + field.upper()
        if path := environment.get(name + _FILE):
            if environment.get(name):
                raise errors.BadSetting(f"{name} and {name}{_FILE} are both set; choose one")
            yield field, path


def _secrets() -> list[str]:
    """The settings that may come from a file, since they can hold a password."""
    return [name for name, field in Settings.model_fields.items() if field.annotation is SecretStr]


def _is_foreign(name: str, environment: Mapping[str, str]) -> bool:
    rest = name.removeprefix(PREFIX)
    if rest.startswith("TEST_") or _SERVICE_LINK.fullmatch(rest):
        return True
    # HTTP_PORT is a setting of ours, and the link to a service that is called respondby-http.
    return rest.endswith("PORT") and _LINK_VALUE.fullmatch(environment[name]) is not None


_WORDS = {
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "string_too_long": "must have at most {max_length} characters",
}


def _message(fault: Any) -> str:
    if fault["type"] in _WORDS:
        return _WORDS[fault["type"]].format_map(fault.get("ctx", {}))
    said: str = fault["msg"]
    return said.removeprefix("Value error, ").replace("Input should be", "must be")
