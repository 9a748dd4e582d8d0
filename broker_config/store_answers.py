"""Answers of an object store as HTTP/1.1 has them: a status, header fields, a body of some length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

Sink: TypeAlias = "Callable[[bytes], object]"

LONGEST_LINE = 65_536
MOST_FIELDS = 200
READ_BYTES = 1024 * 1024
WITHOUT_BODY = frozenset({204, 304})


class BadAnswer(OSError):
    """What came is not an answer, or not all of one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` by their names in lower case."""

    status: int
    headers: dict[str, str]
    data: bytes | bytearray


def read_answer(file: BinaryIO, method: str, sink: Sink | None = None) -> tuple[Answer, bool]:
    """The next answer, and whether the connection serves for another request.

    ``sink`` is given the body of an answer that succeeded, which is empty then.

    Raises:
        OSError: it does not come; ``BadAnswer`` where it is none.
    """
    status, keep = _status(file)
    headers = _fields(file)
    while 100 <= status < 200:
        status, keep = _status(file)
        headers = _fields(file)
    keep = keep and headers.get("connection", "").lower() != "close"
    if method == "HEAD" or status in WITHOUT_BODY:
        return Answer(status, headers, b""), keep
    take = sink if sink is not None and status < 300 else None
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, headers, _chunked(file, take)), keep
    length = headers.get("content-length")
    if length is None:
        return Answer(status, headers, _rest(file, take)), False
    if not length.isdecimal():
        raise BadAnswer("the length of an answer is no number")
    return Answer(status, headers, _exactly(file, int(length), take)), keep


def _line(file: BinaryIO) -> bytes:
    line = file.readline(LONGEST_LINE + 1)
    if not line.endswith(b"\n"):
        raise BadAnswer(
            "the connection ended within an answer" if len(line) <= LONGEST_LINE else "a long line"
        )
    return line.rstrip(b"\r\n")


def _status(file: BinaryIO) -> tuple[int, bool]:
    version, _, rest = _line(file).partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/1.") or not code.isdigit() or len(code) != 3:
        raise BadAnswer("this is no answer of HTTP/1.1")
    return int(code), version != b"HTTP/1.0"


def _fields(file: BinaryIO) -> dict[str, str]:
    fields: dict[str, str] = {}
    for _ in range(MOST_FIELDS):
        line = _line(file)
        if not line:
            return fields
        name, _, value = line.decode("latin-1").partition(":")
        fields[name.lower()] = value.strip()
    raise BadAnswer("an answer has too many header fields")


def _exactly(file: BinaryIO, size: int, sink: Sink | None) -> bytes | bytearray:
    if sink is not None:
        while size:
            piece = file.read(min(size, READ_BYTES))
            if not piece:
                raise BadAnswer("the connection ended within an answer")
            sink(piece)
            size -= len(piece)
        return b""
    if size <= LONGEST_LINE:
        data = file.read(size)
        if len(data) < size:
            raise BadAnswer("the connection ended within an answer")
        return data
    whole, done = bytearray(size), 0
    view = memoryview(whole)
    while done < size:
        got = file.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise BadAnswer("the connection ended within an answer")
        done += got
    return whole


def _chunked(file: BinaryIO, sink: Sink | None) -> bytes:
    found: list[bytes] = []
    take = sink or found.append
    while True:
        length = _line(file).partition(b";")[0].strip()
        try:
            size = int(length, 16)
        except ValueError:
            raise BadAnswer("the length of a chunk is no number") from None
        if size < 0:
            raise BadAnswer("the length of a chunk is no number")
        if size == 0:
            _fields(file)
            return b"".join(found)
        _exactly(file, size, take)
        _line(file)


def _rest(file: BinaryIO, sink: Sink | None) -> bytes:
    found: list[bytes] = []
    take = sink or found.append
    while piece := file.read(READ_BYTES):
        take(piece)
    return b"".join(found)
