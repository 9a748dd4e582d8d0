"""Wishes for packages as people write them, read as PEP 508 requirements and rendered anew.

What goes on to the installer is only ever what ``read`` returns: no text of a person reaches it unparsed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from broker_config.wire.errors import BadField

FIELD = "packages"
MOST = 200
LONGEST = 500
SHOWN = 80
OPERATORS = frozenset("<>=!~")
OPENING, CLOSING, QUOTES = "([", ")]", "'\""
ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".egg")
# A marker's text is the one part that could hold anything: words, of which none looks like an option.
MARKER_TEXT = re.compile(r"(?:[A-Za-z0-9_.+]+(?:-[A-Za-z0-9_.+]+)*(?: |$))*")


def split(text: str) -> list[str]:
    """The requirements of a text: by commas and lines, where the comma does not go on with a version.

    ``pandas>=2,<3`` is one, ``pandas, numpy`` are two. Nothing is judged here: ``read`` does that.

    Raises:
        BadField: the text is longer than any list of requirements may be.
    """
    if len(text) > MOST * (LONGEST + 2):
        raise BadField(f"longer than {MOST} requirements may be", FIELD)
    lines = [line for line in text.splitlines() if line.strip()]
    found: list[str] = []
    for line in lines:
        pieces = [piece.strip() for piece in _split_line(line)]
        # A comma at the end of a line, with more lines behind it, separates nothing more.
        found += pieces[:-1] if line is not lines[-1] and not pieces[-1] else pieces
    return found


def _split_line(line: str) -> list[str]:
    pieces, start, depth, quote = [], 0, 0, ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in QUOTES:
            quote = char
        elif char in OPENING:
            depth += 1
        elif char in CLOSING:
            depth -= 1
        elif char == "," and depth <= 0 and line[at + 1 :].lstrip()[:1] not in OPERATORS:
            pieces.append(line[start:at])
            start = at + 1
    return [*pieces, line[start:]]


def read(packages: Sequence[str]) -> list[str]:
    """The same as canonical PEP 508 requirements, sorted by name: names, extras and markers normalised.

    Raises:
        BadField: something is no requirement, or is one that has no place in a lock; it says which and why.
    """
    if len(packages) > MOST:
        raise BadField(f"{len(packages)} requirements: at most {MOST} are taken", FIELD)
    found: dict[str, str] = {}
    for entry in packages:
        wish = _parse(_plain(entry))
        name = canonicalize_name(wish.name)
        if name in found:
            raise BadField(f"{name} is there twice: write it once, with all that it needs", FIELD)
        found[name] = _render(name, wish)
    return [found[name] for name in sorted(found)]


def _plain(entry: str) -> str:
    """The entry stripped, if nothing in it has another meaning to an installer or a shell."""
    text = entry.strip(" ")
    if not text:
        raise BadField("an entry is empty", FIELD)
    if len(text) > LONGEST:
        raise BadField(f"an entry has {len(text)} characters: at most {LONGEST} are taken", FIELD)
    if not (text.isascii() and text.isprintable()):
        raise _wrong(text, "only printable ASCII characters are taken")
    if text.startswith("-"):
        raise _wrong(text, "options of an installer are not taken")
    if any(char in text for char in "$`\\"):
        raise _wrong(text, "neither variables nor shell text are taken")
    if "@" in text or "://" in text:
        raise _wrong(text, "addresses and repositories are not taken: packages come from the index")
    if "/" in text or text.startswith((".", "~")) or text.lower().endswith(ARCHIVES):
        raise _wrong(text, "files and folders are not taken: packages come from the index")
    return text


def _parse(text: str) -> Requirement:
    try:
        wish = Requirement(text)
    except InvalidRequirement:
        raise _wrong(text, 'not a requirement, such as "pandas>=2,<3"') from None
    if any(part.operator == "===" for part in wish.specifier):
        raise _wrong(text, "=== is not taken: write ==")
    if wish.marker is not None and not is_plain_marker(wish.marker):
        raise _wrong(text, "a marker's text holds more than words")
    return wish


def is_plain_marker(marker: Marker) -> bool:
    """Whether each text in it is words and versions only."""
    shown = str(marker)
    try:
        Marker(shown)  # a quote within a text makes something else of it
    except InvalidMarker:
        return False
    # Rendered with double quotes always: every second piece is a text.
    return all(MARKER_TEXT.fullmatch(piece) for piece in shown.split('"')[1::2])


def _render(name: str, wish: Requirement) -> str:
    extras = sorted({canonicalize_name(extra) for extra in wish.extras})
    inside = f"[{','.join(extras)}]" if extras else ""
    marker = f"; {wish.marker}" if wish.marker is not None else ""
    return f"{name}{inside}{wish.specifier}{marker}"


def _wrong(text: str, reason: str) -> BadField:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return BadField(f"{shown!a}: {reason}", FIELD)
