"""One stream without a server: what comes while it still tells what was missed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.waiting import wait_until
from web.live.budget import Budget
from web.live.channel import Channel
from web.live.entries import Changed, Entry
from web.live.frames import frame
from web.live.interest import Interest
from web.live.looks import Batch
from web.live.stream import MOST_ENTRIES, Stream
from web.live.writer import Writer

UID = "A" * 12


class Said:
    """An entry that is its own text."""

    uid = UID

    def __init__(self, text: str) -> None:
        self.text = text
        self.size = len(text)


class Numbers:
    """A feed of numbers."""

    over = False
    again_s: float | None = None

    def __init__(self, past: list[str]) -> None:
        self._past = past

    def past(self) -> Iterator[str]:
        """Given."""
        yield from map(frame, self._past)

    def live(self, entries: list[Entry]) -> str:
        """As they came; the word "end" is the last."""
        texts = []
        for entry in entries:
            if not self.over:
                texts.append(entry.text)  # type: ignore[union-attr]
                self.over = texts[-1] == "end"
        return "".join(map(frame, texts))

    def look(self, batch: Batch, changed: frozenset[str]) -> Any:
        """What changed."""
        return sorted(changed)

    def settle(self, found: Any) -> str:
        """Tell it."""
        return frame(f"changed {found}")

    def check(self, user: Any, batch: Batch) -> None:
        """Anybody."""


class Around:
    """What it asks of what is around it."""

    def __init__(self) -> None:
        self.ended: list[Stream] = []
        self.asked = 0

    def stopped(self, stream: Stream) -> None:
        """Noted."""
        self.ended.append(stream)

    def pump(self, stream: Stream) -> None:
        """At once."""
        stream.pump()

    def soon(self, after_s: float | None = None) -> None:
        """Noted."""
        self.asked += 1


class Open:
    """A stream, its client, and what is around it."""

    def __init__(self, past: list[str]) -> None:
        self.around, self.writer = Around(), Writer()
        self.client, self._server = socket.socketpair()
        self.places: list[str] = []
        self.stream = Stream(
            Interest(frozenset({UID})),
            self.around,
            lambda: None,  # type: ignore[arg-type, return-value]
            lambda: self.places.append("free"),
        )
        self.past = past

    def begin(self) -> None:
        """Connect it."""
        channel = Channel(self._server, False, Budget().share(1))
        self.stream.attach(Numbers(self.past), channel)
        self.writer.add(channel, self.stream)
        self.stream.pump()

    def say(self, *texts: str) -> None:
        """The reader got these."""
        self.stream.take([Said(text) for text in texts])  # type: ignore[misc]

    def told(self) -> list[str]:
        """All data lines until the end."""
        self.client.settimeout(10)
        got = b""
        while piece := self.client.recv(1 << 20):
            got += piece
        return [line[6:] for line in got.decode().splitlines() if line.startswith("data: ")]


@pytest.fixture
def opened() -> Iterator[Open]:
    made = Open([str(number) * 1000 for number in range(1000)])
    yield made
    made.client.close()
    made.writer.close()


def test_what_came_meanwhile_follows_what_was_missed_and_then_the_end(opened: Open) -> None:
    opened.say("early")
    opened.begin()
    assert opened.stream.changed() == frozenset()
    opened.say("late", "end")
    opened.say("never")
    assert opened.told() == [*opened.past, "early", "late", "end"]
    assert opened.around.ended == [opened.stream]
    wait_until(lambda: opened.places == ["free"])


def test_changes_are_told_when_what_was_missed_is(opened: Open) -> None:
    opened.past = []
    opened.stream.take([Changed(UID), Changed("B")])
    assert opened.stream.changed() == frozenset()
    opened.begin()
    assert opened.around.asked >= 1
    changed = opened.stream.changed()
    assert changed == {UID, "B"}
    opened.stream.look(Batch(changed), changed)
    opened.say("end")
    assert opened.told() == [f"changed {sorted(changed)}", "end"]


def test_who_cannot_keep_up_before_it_begins_is_told_so(opened: Open) -> None:
    opened.say(*["x"] * (MOST_ENTRIES + 1))
    assert opened.around.ended == [opened.stream]
    opened.begin()
    (error,) = opened.told()
    assert "faster than they were read" in error
