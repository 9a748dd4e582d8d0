"""Output within its caps: order, heads and tails, displays, logs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from broker_config.wire.events import LogRecord, OutputItem
from kernel_worker.agent import collector as collector_module
from kernel_worker.agent.collector import Collector


def shape(items: list[OutputItem]) -> list[tuple[str, str | None]]:
    return [(item.kind, item.text if item.kind == "stream" else item.name) for item in items]


def collector() -> Collector:
    return Collector(10, 10)


def test_adjacent_text_of_a_stream_is_one_item_in_the_order_of_writing() -> None:
    kept = collector()
    for name, text in (("stdout", b"a"), ("stdout", b"b"), ("stderr", b"c"), ("stdout", b"d")):
        kept.text(name, text)
    assert shape(kept.items()) == [("stream", "ab"), ("stream", "c"), ("stream", "d")]
    assert kept.truncated() == []


def test_a_flood_keeps_head_and_tail_with_the_gap_between() -> None:
    kept = collector()
    kept.text("stdout", b"0123456789")
    kept.text("stderr", b"err")
    kept.text("stdout", b"abcdefghijklmnopqrstuvwxyz")
    items = kept.items()
    assert shape(items) == [
        ("stream", "0123456789"),
        ("stream", "err"),
        ("skipped", "stdout"),
        ("stream", "qrstuvwxyz"),
    ]
    assert items[2].text == "16 bytes of stdout are not shown here"
    truncated = kept.truncated()
    assert [(t.name, t.total_bytes, t.kept_bytes) for t in truncated] == [("stdout", 36, 20)]


def test_displays_stand_where_they_were_shown_also_after_the_head() -> None:
    kept = collector()
    kept.text("stdout", b"0123456789")
    kept.text("stdout", b"tail1")
    kept.show("d", "", {"text/plain": "x"}, 3)
    kept.text("stdout", b"tail2")
    assert [item.kind for item in kept.items()] == ["stream", "display", "stream"]


def test_an_update_replaces_every_display_of_its_id_and_no_other() -> None:
    kept = collector()
    for name in ("a", "b", "a"):
        kept.show(name, "", {"text/plain": "old"}, 5)
    assert kept.update("a", "new title", {"text/plain": "new"}, 7)
    assert not kept.update("c", "", {}, 1)
    assert [item.data["text/plain"] for item in kept.items() if item.data] == ["new", "old", "new"]
    assert kept.inline_bytes == 19


def test_clear_forgets_at_once_or_when_something_new_comes() -> None:
    kept = collector()
    kept.text("stdout", b"old")
    kept.clear(wait=True)
    assert shape(kept.items()) == [("stream", "old")]
    kept.text("stdout", b"new")
    assert shape(kept.items()) == [("stream", "new")]
    kept.clear(wait=False)
    assert kept.items() == []


def test_too_many_displays_and_logs_are_counted_not_kept() -> None:
    kept = collector()
    for number in range(collector_module.MOST_DISPLAYS + 3):
        kept.show(str(number), "", {}, 0)
    for _ in range(collector_module.MOST_LOGS + 2):
        kept.log(LogRecord(1.0, "INFO", "line"))
    items = kept.items()
    assert len(items) == collector_module.MOST_DISPLAYS + 1
    assert items[-1].text == "3 more displays are not kept"
    assert len(kept.logs) == collector_module.MOST_LOGS
    assert kept.dropped_logs == 2


def test_a_checkpoint_holds_what_is_new_since_the_last() -> None:
    kept = collector()
    kept.text("stdout", b"one")
    kept.log(LogRecord(1.0, "INFO", "first"))
    assert shape(kept.fresh()[0]) == [("stream", "one")]
    kept.text("stdout", b"two")
    items, logs = kept.fresh()
    assert shape(items) == [("stream", "two")]
    assert logs == []
    assert shape(kept.items()) == [("stream", "onetwo")]


def test_single_bytes_in_turns_do_not_become_a_million_items() -> None:
    kept = Collector(100_000, 100_000)
    for _ in range(60_000):
        kept.text("stdout", b"o")
        kept.text("stderr", b"e")
    items = kept.items()
    assert len(items) <= collector_module.MOST_ITEMS
    assert sum(len(item.text or "") for item in items) == 120_000


@given(
    st.lists(
        st.tuples(st.sampled_from(["stdout", "stderr"]), st.text(alphabet="aäß€😀", max_size=12)), max_size=30
    )
)
def test_kept_text_is_the_beginning_and_end_of_what_was_written(writes: list[tuple[str, str]]) -> None:
    kept = collector()
    for name, text in writes:
        kept.text(name, text.encode())
    for name in ("stdout", "stderr"):
        whole = "".join(text for one, text in writes if one == name)
        items = kept.items()
        gap = next((i for i, x in enumerate(items) if x.kind == "skipped" and x.name == name), len(items))
        head = "".join(x.text or "" for x in items[:gap] if x.kind == "stream" and x.name == name)
        tail = "".join(x.text or "" for x in items[gap:] if x.kind == "stream" and x.name == name)
        assert whole.startswith(head)
        assert whole.endswith(tail)
        if gap == len(items):
            assert head == whole
        assert "\ufffd" not in head + tail
