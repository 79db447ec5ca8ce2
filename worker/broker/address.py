"""Where the broker is, and who we are there."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from worker import errors
from worker.broker import tls

_PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Never shows its login or password: not as text, and not in a traceback's repr."""

    host: str = "localhost"
    port: int = 5672
    vhost: str = "/"
    login: str = field(default="guest", repr=False)
    password: str = field(default="guest", repr=False)
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    """None is plain TCP"""

    def __str__(self) -> str:
        scheme = "amqps" if self.ssl_context else "amqp"
        return f"{scheme}://{self.host}:{self.port}/{self.vhost.removeprefix('/')}"

    @classmethod
    def from_url(cls, url: str, ssl_context: ssl.SSLContext | None = None) -> "Address":
        """Read an AMQP URL. A missing path is the virtual host `/`; one with `%2F` names it.

        Raises BadSetting, without the URL in its text. An `amqps` URL gets the machine's own
        trust store if no context is given; an `amqp` URL never uses one.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise errors.BadSetting("the broker's URL cannot be read") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise errors.BadSetting("the broker's URL must be amqp://host or amqps://host")
        if parts.query or parts.fragment:
            # Its options could switch off the check of certificates.
            raise errors.BadSetting("the broker's URL may not hold ? or # (write them as %3F, %23)")
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            vhost=unquote(parts.path[1:]) or "/",
            login=unquote(parts.username) if parts.username is not None else "guest",
            password=unquote(parts.password) if parts.password is not None else "guest",
            ssl_context=_context(parts.scheme, ssl_context),
        )


def _context(scheme: str, given: ssl.SSLContext | None) -> ssl.SSLContext | None:
    if scheme == "amqp":
        return None
    return given or tls.context()


Locate = Callable[[], Address]
"""Tells where the broker is, anew before each connection: a password may have been changed, or a
certificate. Raises BadSetting."""
