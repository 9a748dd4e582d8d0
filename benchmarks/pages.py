"""``docs/benchmarks.md``: what ``run`` measures on top, what others measure in sections below."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
MARK = "\n## "


def write(text: str) -> None:
    """Replace all above the first section."""
    _, mark, sections = PAGE.read_text().partition(MARK)
    PAGE.write_text(text.rstrip() + "\n" + mark + sections)


def write_section(heading: str, text: str) -> None:
    """Replace the section of that heading, or put one at the end."""
    head, *sections = PAGE.read_text().split(MARK)
    fresh = f"{heading}\n\n{text.strip()}\n"
    others = [one for one in sections if one.partition("\n")[0] != heading]
    at = next((n for n, one in enumerate(sections) if one.partition("\n")[0] == heading), len(others))
    others.insert(at, fresh)
    PAGE.write_text(MARK.join([head.rstrip() + "\n", *(one.rstrip() + "\n" for one in others)]))
