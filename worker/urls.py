"""URLs that may hold a password: what can be used of one, without a word of it in an error."""

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit

POSTGRESQL = "postgresql://"
#: For a person whose URL cannot be used.
ESCAPED = "a / : @ ? or # within a part is written as %2F %3A %40 %3F %23"
#: Where a database server listens; several may stand in a row, with commas between.
_SERVER = re.compile(r"(\[[\da-fA-F:.%]+\]|[^:\[\]@]*)(:\d{1,5})?")


def split(url: str) -> SplitResult | None:
    """Its parts; None if it has options, or cannot be read."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None  # the error's text would hold a part of the URL
    return None if parts.query or parts.fragment else parts


def is_postgresql(url: str) -> bool:
    """Whether it is one as libpq has it, with options or without."""
    try:
        parts = urlsplit(url)
        parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        return False  # the error's text would hold a part of the URL
    login, _, servers = parts.netloc.rpartition("@")
    return (
        url.startswith(POSTGRESQL)
        and "@" not in login
        and all(_SERVER.fullmatch(server) for server in servers.split(","))
        and not parts.fragment
    )
