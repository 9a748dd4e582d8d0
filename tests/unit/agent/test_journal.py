"""The journal: what is claimed, open, unacknowledged, and what outlives its writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_worker.agent import journal as journal_module
from kernel_worker.agent.journal import Claim, Journal


def claim(execution_id: str = "x-1") -> Claim:
    return Claim(execution_id, "generation", 1.0, timeout_s=2.0)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl", tmp_path / "spool")


def another(journal: Journal) -> Journal:
    return Journal(journal._path, journal._results)


def files(journal: Journal) -> list[str]:
    """Of results."""
    return sorted(path.name for path in journal._results.iterdir())


def test_a_claim_is_open_until_its_result(journal: Journal) -> None:
    journal.claim(claim())
    assert journal.read().open == {"x-1": claim()}
    journal.begin("x-1")
    assert journal.read().open["x-1"].began
    journal.result("x-1", "{}", None)
    assert not journal.read().open
    assert "x-1" in journal.read().claimed


def test_a_claim_that_somebody_else_won_is_forgotten(journal: Journal) -> None:
    journal.claim(claim())
    journal.drop("x-1")
    assert not journal.read().open
    assert "x-1" not in journal.read().claimed


def test_the_next_process_finds_what_was_written(journal: Journal) -> None:
    journal.claim(claim())
    assert "x-1" in another(journal).read().open
    journal.result("x-1", '{"a":1}', "batch")
    found = another(journal)
    assert found.read() == journal.read()
    assert found.read().failed_batches == {"batch": None}
    assert found.kept_result("x-1") == '{"a":1}'


@pytest.mark.parametrize(("size", "in_file"), [(2, False), (journal_module.SHORT_BYTES + 1, True)])
def test_a_result_is_kept_until_it_is_acknowledged(journal: Journal, size: int, in_file: bool) -> None:
    journal.claim(claim())
    journal.result("x-1", "1" * size, None)
    for one in (journal, another(journal)):
        assert list(one.read().unacknowledged) == ["x-1"]
        assert one.kept_result("x-1") == "1" * size
    assert files(journal) == (["x-1.json"] if in_file else [])
    journal.acknowledge(["x-1", "unknown"])
    for one in (journal, another(journal)):
        assert not one.read().unacknowledged
        with pytest.raises(FileNotFoundError):
            one.kept_result("x-1")
    assert files(journal) == []
    assert "x-1" in journal.read().claimed


def test_short_results_take_no_more_memory_than_is_set(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MOST_SHORT_BYTES", 10)
    for number in range(4):
        journal.result(f"x-{number}", "1234", None)
    assert files(journal) == ["x-2.json", "x-3.json"]
    assert journal.read().short_bytes == 8
    journal.acknowledge(["x-0", "x-2"])
    journal.result("x-1", "12345", None)  # said again: what it was before is not counted
    assert journal.read().short_bytes == 5
    journal.compact()
    assert another(journal).read() == journal.read()
    assert [journal.kept_result(one) for one in ("x-1", "x-3")] == ["12345", "1234"]


def test_compacting_changes_nothing(journal: Journal) -> None:
    journal.claim(claim("x-1"))
    journal.result("x-1", "{}", "batch")
    journal.result("x-0", "1" * (journal_module.SHORT_BYTES + 1), None)
    journal.claim(claim("x-2"))
    journal.begin("x-2")
    journal.attached("g")
    journal.greeted("g")
    journal.compact()
    assert another(journal).read() == journal.read()
    journal.claim(claim("x-3"))
    assert list(another(journal).read().open) == ["x-2", "x-3"]


def test_a_torn_line_loses_only_itself(journal: Journal, tmp_path: Path) -> None:
    journal.claim(claim("x-1"))
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"op": "claim", "execution_id"\n[1]\n{"op": "later"}\n{"op": "cl')
    another(journal).claim(claim("x-2"))
    assert list(another(journal).read().open) == ["x-1", "x-2"]


def test_claims_are_remembered_up_to_a_number(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "CLAIMS_KEPT", 3)
    for number in range(5):
        journal.claim(claim(f"x-{number}"))
        journal.drop(f"y-{number}")
    assert list(journal.read().claimed) == ["x-2", "x-3", "x-4"]
