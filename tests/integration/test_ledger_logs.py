"""Lines of logs on both databases: written with an end, searched, erased, bounded."""

from __future__ import annotations

from typing import Any

import pytest

from broker_config.wire.errors import BadField
from tasks.ledger import executions, logs, shares
from tasks.ledger.endings import Output
from tasks.ledger.logs import LogSearch
from tasks.ledger.models import User
from tasks.ledger.session import Ledger
from tests.integration.ledger_rows import NOW, add_cells, add_kernel, add_user, end_with


def line(message: str, level: str = "INFO", logger: str = "flowfile") -> dict[str, Any]:
    return {"at": NOW, "level": level, "message": message, "logger": logger}


def said(ledger: Ledger, uid: str, *lines: dict[str, Any], **cell: Any) -> str:
    """A cell that ended having logged these."""
    (execution_id,) = add_cells(ledger, uid, **cell)
    end_with(ledger, execution_id, Output(logs=list(lines)))
    return execution_id


def found(ledger: Ledger, user: User, **search: Any) -> list[str]:
    with ledger.read() as s:
        return [row.message for row in logs.search_logs(s, user, LogSearch(**search), None, 99)[0]]


def test_lines_are_found_by_flow_kernel_node_execution_level_and_text(ledger: Ledger) -> None:
    ann = add_user(ledger)
    one, two = add_kernel(ledger, ann, "one"), add_kernel(ledger, ann, "two")
    first = said(ledger, one.uid, line("Loaded 5 rows"), line("odd", "WARNING"), flow_id="f", node_id="n")
    said(ledger, two.uid, line("broken_", "ERROR"), flow_id="g")
    assert found(ledger, ann) == ["broken_", "odd", "Loaded 5 rows"]
    assert found(ledger, ann, flow_id="f") == ["odd", "Loaded 5 rows"]
    assert found(ledger, ann, kernel_uid=two.uid) == ["broken_"]
    assert found(ledger, ann, node_id="n", level="WARNING") == ["odd"]
    assert found(ledger, ann, level="WARNING") == ["broken_", "odd"]
    assert found(ledger, ann, execution_id=first, text="LOADED") == ["Loaded 5 rows"]
    assert found(ledger, ann, text="_") == ["broken_"]
    with pytest.raises(BadField) as caught:
        found(ledger, ann, level="LOUD")
    assert caught.value.field == "level"


def test_the_newest_is_first_whatever_executions_end_in_one_transaction(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    ids = add_cells(ledger, kernel.uid, 6)
    ended = sorted(ids, reverse=True)  # not in the order of their ids
    with ledger.write() as s:
        logs.write(
            s,
            {
                execution_id: [
                    {**line(f"begin {number}"), "at": NOW + number},
                    {**line(f"end {number}"), "at": NOW + number + 1.5},
                ]
                for number, execution_id in enumerate(ended)
            },
        )
    first = ["begin 0", "begin 1"]
    between = [text for number in range(4) for text in (f"end {number}", f"begin {number + 2}")]
    oldest_first = [*first, *between, "end 4", "end 5"]
    assert found(ledger, ann) == oldest_first[::-1]


def test_pages_go_on_where_they_ended(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    said(ledger, kernel.uid, *(line(str(n)) for n in range(5)))
    seen: list[str] = []
    after: str | None = None
    with ledger.read() as s:
        while True:
            rows, after = logs.search_logs(s, ann, LogSearch(), after, 2)
            seen += [row.message for row in rows]
            if after is None:
                break
        with pytest.raises(BadField):
            logs.search_logs(s, ann, LogSearch(), "x", 2)
    assert seen == ["4", "3", "2", "1", "0"]


def test_lines_of_others_are_seen_where_their_kernel_is_shared_and_by_admins_who_name_it(
    ledger: Ledger,
) -> None:
    ann, bob, root = add_user(ledger), add_user(ledger, "bob"), add_user(ledger, "root", "admin")
    kernel = add_kernel(ledger, ann)
    said(ledger, kernel.uid, line("x"))
    assert found(ledger, bob) == found(ledger, bob, kernel_uid=kernel.uid) == found(ledger, root) == []
    assert found(ledger, root, kernel_uid=kernel.uid) == ["x"]
    with ledger.write() as s:
        shares.replace(s, kernel.uid, {bob.id: "viewer"}, NOW)
    assert found(ledger, bob) == ["x"]


def test_what_a_database_cannot_hold_is_kept_without_it(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    said(ledger, kernel.uid, line("a\0b\ud800c", "odd\n", "l" * 999), line("y" * 99_999))
    with ledger.read() as s:
        long, odd = logs.search_logs(s, ann, LogSearch(), None, 9)[0]
    assert (odd.message, odd.level, len(odd.logger)) == ("a\ufffdb?c", "INFO", logs.LONGEST_LOGGER)
    assert len(long.message) == logs.LONGEST_MESSAGE


def test_of_a_flood_the_last_lines_are_kept(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    said(ledger, kernel.uid, *(line(str(n)) for n in range(logs.MOST_OF_ONE + 5)))
    assert found(ledger, ann, text="10004") == ["10004"]
    with ledger.read() as s:
        row = logs.search_logs(s, ann, LogSearch(text="4"), None, 1)[0][0]
        assert row.message == "10004"
    assert found(ledger, ann, text="0004") == ["10004"]


def test_the_second_end_of_an_execution_writes_nothing(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    execution_id = said(ledger, kernel.uid, line("once"))
    end_with(ledger, execution_id, Output(logs=[line("twice")]))
    assert found(ledger, ann) == ["once"]


def test_a_lost_execution_has_the_lines_that_came_while_it_ran(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    (execution_id,) = add_cells(ledger, kernel.uid)
    with ledger.write() as s:
        executions.append_output(s, execution_id, [], [line("a")], "1")
        executions.append_output(s, execution_id, [], [line("b")], "2")
        logs.write_from_parts(s, execution_id)
    assert found(ledger, ann) == ["b", "a"]


def test_erased_output_takes_its_lines_along(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    said(ledger, kernel.uid, line("gone"), flow_id="f")
    said(ledger, kernel.uid, line("stays"), flow_id="g")
    with ledger.write() as s:
        executions.clear_outputs(s, kernel.uid, "f", NOW)
    assert found(ledger, ann) == ["stays"]


def test_the_oldest_lines_are_dropped_where_there_are_too_many(ledger: Ledger) -> None:
    ann = add_user(ledger)
    kernel = add_kernel(ledger, ann)
    said(ledger, kernel.uid, *(line(str(n)) for n in range(10)))
    with ledger.write() as s:
        assert logs.drop_oldest(s, 10, 99) == 0
        assert logs.drop_oldest(s, 4, 2) == 2
        assert logs.drop_oldest(s, 4, 99) == 4
    assert found(ledger, ann) == ["9", "8", "7", "6"]
