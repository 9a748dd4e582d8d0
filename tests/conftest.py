"""What all tests share: options, and the list of what was not run."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rounds``: at how many random moments each fault strikes; ``--fault-seed``: the same ones again."""
    parser.addoption("--rounds", type=int, default=2, help="random moments per fault (make faults: 10)")
    parser.addoption("--fault-seed", type=int, default=None, help="seed of the moments; default: a fresh one")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Last before the closing line: what was skipped, and why."""
    skipped = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    if not skipped:
        return
    terminalreporter.section("not run here")
    for reason, count in sorted(skipped.items()):
        terminalreporter.line(f"{count:5d}  {reason}")


def _reason(report: pytest.TestReport) -> str:
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")
