"""A secret in a file of its own. Nothing that is said about it holds a part of it."""

import stat
from pathlib import Path

from worker import errors


def read(name: str, path: str) -> str:
    """The text in the file that the variable `name` names; raises BadSetting."""
    try:
        text = Path(path).read_text("utf-8").strip()
    except OSError as error:
        # Without the path: who mistakes it for the secret itself shall not see that in a log.
        raise errors.BadSetting(f"{name}: cannot be read: {error.strerror}") from None
    except ValueError:
        # Its message would hold some of what the file holds.
        raise errors.BadSetting(f"{name}: the file is not UTF-8 text") from None
    if not text:
        raise errors.BadSetting(f"{name}: the file is empty")
    return text


def is_exposed(path: str | Path) -> bool:
    """Whether every user of this machine may read it."""
    return bool(Path(path).stat().st_mode & stat.S_IROTH)
