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
    path = journal.result_path("x").parent
    return Journal(path.parent / "journal.jsonl", path)


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
    assert found.result_path("x-1").read_text() == '{"a":1}'


def test_a_result_is_kept_until_it_is_acknowledged(journal: Journal) -> None:
    journal.claim(claim())
    journal.result("x-1", "{}", None)
    assert list(journal.read().unacknowledged) == ["x-1"]
    journal.acknowledge(["x-1", "unknown"])
    assert not journal.read().unacknowledged
    assert not journal.result_path("x-1").exists()
    assert "x-1" in journal.read().claimed


def test_compacting_changes_nothing(journal: Journal) -> None:
    journal.claim(claim("x-1"))
    journal.result("x-1", "{}", "batch")
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
