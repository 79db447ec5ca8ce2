"""The input as lines that can be read twice."""

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from worker.replay import lines
from worker.replay.lines import Line, Lines


def numbered(text: bytes, max_bytes: int = lines.MAX_BYTES) -> list[tuple[int, bytes | None]]:
    return [(line.number, line.body) for line in Lines(io.BytesIO(text), max_bytes).read()]


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as reading, os.fdopen(theirs, "wb") as writing:
        yield reading, writing


def test_lines_are_numbered_as_editors_count_and_blank_ones_left_out() -> None:
    assert numbered(b"a\n\n  \t\r\nb\n") == [(1, b"a"), (4, b"b")]


def test_whitespace_around_a_line_is_no_part_of_it() -> None:
    assert numbered(b" {}\t\r\n") == [(1, b"{}")]


def test_the_last_line_needs_no_end() -> None:
    assert numbered(b"a\nb") == [(1, b"a"), (2, b"b")]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_a_line_may_be_as_long_as_an_event_and_no_longer(ending: bytes) -> None:
    assert numbered(b"x" * 10 + ending, 10) == [(1, b"x" * 10)]
    assert numbered(b"x" * 11 + ending, 10) == [(1, None)]


@pytest.mark.parametrize("length", [13, 65_536, 65_546, 65_547, 200_000])
def test_a_line_that_is_too_long_is_passed_over_and_the_next_is_read(length: int) -> None:
    assert numbered(b"x" * length + b"\nnext\n", 10) == [(1, None), (2, b"next")]
    assert numbered(b"x" * length, 10) == [(1, None)]


def test_any_line_can_be_read_again_while_all_are_read(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"".join(b" line %d\n" % number for number in range(5_000)))
    with path.open("rb") as file:
        read = Lines(file)
        first, *_ = (line for line in read.read())
        for line in read.read():
            assert read.at(first.offset) == b"line 0"
            assert read.at(line.offset) == line.body == b"line %d" % (line.number - 1)


def test_reading_begins_where_the_file_stands_each_time() -> None:
    file = io.BytesIO(b"header\na\nb\n")
    file.readline()
    read = Lines(file)
    assert [line.body for line in read.read()] == [b"a", b"b"]
    assert list(read.read()) == [Line(1, 7, b"a"), Line(2, 9, b"b")]


def test_what_is_written_to_the_file_later_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\nb")
    with path.open("rb") as file, path.open("ab") as growing:
        read = Lines(file)
        growing.write(b"bb\nc\n")
        growing.flush()
        last = list(read.read())[-1]
        assert last == Line(2, 2, b"b")
        assert read.at(last.offset) == b"b"


def test_a_file_that_becomes_shorter_ends_sooner(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\nb\nc\n")
    with path.open("rb") as file:
        read = Lines(file)
        os.truncate(path, 2)
        assert [line.body for line in read.read()] == [b"a"]


def test_a_pipe_is_read_to_its_end_and_then_as_often_as_wanted(
    pipe: tuple[BinaryIO, BinaryIO],
) -> None:
    reading, writing = pipe
    text = b"".join(b"line %d\n" % number for number in range(20_000))

    def write() -> None:
        writing.write(text)
        writing.close()

    thread = threading.Thread(target=write)
    thread.start()
    seen: list[tuple[int, int | None]] = []
    with lines.opened(reading, watch=lambda *progress: seen.append(progress)) as read:
        thread.join()
        assert b"".join((line.body or b"") + b"\n" for line in read.read()) == text
        assert [line.number for line in read.read()] == list(range(1, 20_001))
    assert seen[-1] == (len(text), None)


def test_a_regular_file_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\n")
    copied: list[int] = []
    with path.open("rb") as file, lines.opened(file, watch=lambda n, _: copied.append(n)) as read:
        assert [line.body for line in read.read()] == [b"a"]
    assert not copied


def test_how_far_a_reading_has_come_is_told() -> None:
    seen: list[tuple[int, int | None]] = []
    list(Lines(io.BytesIO(b"a\n" * 2_500)).read(lambda *progress: seen.append(progress)))
    assert seen == [(2_000, 5_000), (4_000, 5_000)]
