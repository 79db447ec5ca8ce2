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
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from worker import durations, errors

PREFIX = "RESPONDBY_"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
#: What Kubernetes injects into every pod for a service named `respondby`.
_SERVICE_LINK = re.compile(r"(.*_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)")


class Settings(BaseModel):
    """Every setting, as CONTRACT names it, without its prefix and in lower case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    broker_url: SecretStr = SecretStr("amqp://guest:guest@localhost:5672/")
    allow_plaintext: bool = False
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    database_url: SecretStr = SecretStr("sqlite:///respondby.db")
    policy: Path | None = None
    source: Annotated[str, Field(min_length=1)] = "/respondby"
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 9464
    log_format: Literal["console", "json"] = Field(
        default_factory=lambda: "console" if sys.stderr.isatty() else "json"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    prefetch: Annotated[int, Field(ge=1, le=2000)] = 400
    batch_size: Annotated[int, Field(ge=1, le=1000)] = 100
    max_message_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 262_144
    outbox_limit: Annotated[int, Field(ge=1)] = 100_000
    catch_up_seconds: Annotated[float, Field(ge=0)] = 60
    retention: Annotated[timedelta, BeforeValidator(durations.parse)] = timedelta(days=30)

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("broker_url")
    @classmethod
    def _amqp(cls, value: SecretStr) -> SecretStr:
        url = urlsplit(value.get_secret_value())
        if url.scheme not in ("amqp", "amqps") or not url.hostname:
            raise ValueError("must be amqp://… or amqps://… with a host")
        _ = url.port  # raises ValueError when it is not a port
        return value

    @field_validator("database_url")
    @classmethod
    def _sqlite(cls, value: SecretStr) -> SecretStr:
        # PostgreSQL follows behind the same port; until then it is said here, not at run time.
        if not value.get_secret_value().startswith("sqlite:///"):
            raise ValueError("must be sqlite:///PATH")
        return value

    @model_validator(mode="after")
    def _plain_only_to_this_host(self) -> Self:
        url = urlsplit(self.broker_url.get_secret_value())
        if url.scheme == "amqp" and url.hostname not in _LOOPBACK and not self.allow_plaintext:
            raise ValueError(
                "BROKER_URL: plain amqp to another host would send the password in the clear; "
                "use amqps, or set RESPONDBY_ALLOW_PLAINTEXT=true"
            )
        return self

    @property
    def database_path(self) -> Path:
        """Where the SQLite file is; `sqlite:///a` is relative, `sqlite:////a` absolute."""
        return Path(unquote(self.database_url.get_secret_value().removeprefix("sqlite:///")))


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; raises BadSetting in one line that names the variable."""
    environment = os.environ if environment is None else environment
    try:
        return Settings(**dict(_known(environment)))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        message = fault["msg"].removeprefix("Value error, ")
        name = "".join(f"{PREFIX}{str(part).upper()}: " for part in fault["loc"][:1])
        raise errors.BadSetting(name + message) from None


def unknown(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A warning for each variable that looks like a setting and is none."""
    environment = os.environ if environment is None else environment
    allowed = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in sorted(environment):
        if name.startswith(PREFIX) and not _is_known(name) and not _is_foreign(name):
            near = difflib.get_close_matches(name, allowed, n=1, cutoff=0)
            yield f"{name} is not a setting; the nearest is {near[0]}"


def _known(environment: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for field in Settings.model_fields:
        name = PREFIX + field.upper()
        if name in environment:
            yield field, environment[name]
        elif name + "_FILE" in environment:
            yield field, _secret(name + "_FILE", environment[name + "_FILE"])


def _secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.BadSetting(f"{name}: cannot be read: {error}") from error


def _is_known(name: str) -> bool:
    return name.removeprefix(PREFIX).removesuffix("_FILE").lower() in Settings.model_fields


def _is_foreign(name: str) -> bool:
    rest = name.removeprefix(PREFIX)
    return rest.startswith("TEST_") or _SERVICE_LINK.fullmatch(rest) is not None
