"""A small disk of its own, that can be full, and one that fails; for the superuser only."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

#: Bytes that a full disk has left: less than a transaction writes.
_LEFT = 60_000


def may_mount() -> bool:
    return os.geteuid() == 0


def may_trace() -> bool:
    return os.geteuid() == 0 and shutil.which("strace") is not None


@contextmanager
def mounted(folder: Path, size: int) -> Iterator[Path]:
    """A file system of this size while the block lasts."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """As good as full while the block lasts."""
    there = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(bytes(there.f_bavail * there.f_frsize - _LEFT))
    try:
        yield
    finally:
        filler.unlink()


@asynccontextmanager
async def failing(process: int, calls: str) -> AsyncIterator[None]:
    """These system calls of a process fail as on a broken disk while the block lasts."""
    tracer = await asyncio.create_subprocess_exec(
        "strace",
        *("-f", "-qq", "-o", "/dev/null", "-p", str(process)),
        *("-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO"),
    )
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        await tracer.wait()
