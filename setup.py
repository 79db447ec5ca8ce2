"""Builds respondby as pyproject.toml says, and in machine code if RESPONDBY_COMPILE is set.

What decides on tickets and what replays them is then compiled by mypyc, from the same source,
which runs without that as well. It takes a C compiler, Python's headers and mypy.
"""

import os
from pathlib import Path

from setuptools import setup

ROOMS = ("worker/policy", "worker/policy/signals", "worker/ticket", "worker/replay")
#: Pydantic, like PyYAML, builds on classes as Python has them.
UNCOMPILED = {
    "worker/policy/document.py",
    "worker/policy/faults.py",
    "worker/policy/file.py",
    "worker/policy/json_schema.py",
    "worker/policy/loading.py",
    "worker/policy/signals/lexicon.py",
    "worker/policy/written.py",
    "worker/ticket/ledger.py",
}


def compiled() -> list[str]:
    files = (file for room in ROOMS for file in Path(room).glob("*.py"))
    return sorted(
        str(file) for file in files if file.name != "__init__.py" and str(file) not in UNCOMPILED
    )


if os.environ.get("RESPONDBY_COMPILE"):
    from mypyc.build import mypycify

    setup(ext_modules=mypycify(compiled(), opt_level="3", debug_level="0"))
else:
    setup()
