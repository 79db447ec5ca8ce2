"""Whether anything that respondby shows holds what it must not: secrets, and what people wrote."""

import asyncio
import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import yaml

from tests.support import malformed, stream
from tests.support.command import program
from tests.support.worker_process import WorkerProcess

#: What is in every ticket of the streams, and in every malformed message: words, and clients.
TICKETS = (stream.PRIVATE, malformed.WORDS, *yaml.safe_load(stream.policy_text())["clients"])

_PAGES = ("/metrics", "/readyz", "/healthz")
#: What a person may ask while it runs. To show the text of a letter is the purpose of `dead show`.
_COMMANDS = (
    ("status",),
    ("status", "--json"),
    ("dead", "list"),
    ("dead", "list", "--json"),
    ("dead", "requeue", "--dry-run"),
)

#: So few letters may stand anywhere by chance.
_BY_CHANCE = 6


def leaks(shown: Mapping[str, str], planted: Iterable[str]) -> list[str]:
    """Which of the planted words stand where, however they are spelt."""
    return [
        f"{word} in {where}"
        for word in planted
        for where, text in shown.items()
        if any(spelling in text.lower() for spelling in _spellings(word))
    ]


async def shown(worker: WorkerProcess) -> dict[str, str]:
    """All that a running worker shows: its log, pages and command line, and the commands."""
    pages = {page: (await worker.get(page))[1] for page in _PAGES}
    return {**said(worker), **pages, **await asyncio.to_thread(_asked, worker)}


def said(worker: WorkerProcess) -> dict[str, str]:
    """What it leaves behind: all that it ever said, and the command line while it runs."""
    found = {"the log": worker.log_file.read_text(errors="replace")}
    if worker.is_running:
        arguments = Path(f"/proc/{worker.process_id}/cmdline").read_text()
        found["the command line"] = arguments.replace("\0", " ")
    return found


def _asked(worker: WorkerProcess) -> dict[str, str]:
    answers = {}
    for command in _COMMANDS:
        done = program(*command, **worker.variables)
        answers[" ".join(command)] = done.out + done.err
    return answers


def _spellings(word: str) -> Iterator[str]:
    yield word.lower()
    yield quote(word, safe="").lower()
    yield json.dumps(word)[1:-1].lower()
    yield word.encode().hex()
    # Of the three ways to write it in base64, what does not depend on what stands around it.
    for shift in range(3):
        middle = base64.b64encode(b"x" * shift + word.encode()).decode()[4:-4]
        if len(middle) > _BY_CHANCE:
            yield middle.lower()
