"""What all tests share: options, who runs beside whom, the table of faults, the list of what was not run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.integration.faults import rounds, table

FIRST, THEN = TOGETHER = ("containers", "browser")
"""Folders whose tests share what is made once: an engine's networks and image, a stack with its pages."""
SHARED = "tests/integration/up/"
"""Its modules share a stack."""
LONG = (
    "tests/integration/faults/test_faults.py",
    "tests/integration/test_lifecycle_faults.py",
    "tests/integration/stack/test_up.py",
    SHARED,
)
"""Modules of minutes: at the end one process would run them alone."""
MIDDLE = "test_g"
"""Where the second folder is halved: each half has a stack and a Chromium, and may run in another process."""

# The same examples at each run, and no clock: others may hold the processor.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rounds``: at how many random moments each fault strikes; ``--fault-seed``: the same ones again."""
    parser.addoption("--rounds", type=int, default=2, help="random moments per fault (make faults: 10)")
    parser.addoption("--fault-seed", type=int, default=None, help="seed of the moments; default: a fresh one")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """One seed for all processes."""
    rounds.choose_seed(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """To a process that is to run tests."""
    node.workerinput[rounds.PROPERTY] = rounds.seed_of(node.config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where several processes run tests: a module's stay in one, and so do those of some folders."""
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):
        def _assign_work_unit(self, node: Any) -> None:
            # The longest pieces last would leave the other processes without work: they come after the first.
            # Not pages beside it: as interfaces of containers come and go, Chromium gives up requests.
            wanted = list(LONG)
            if FIRST in self.assigned_work.get(node, {}) or self._is_done(FIRST):
                wanted = [*(one for one in self.workqueue if one.startswith(THEN)), *LONG]
            if FIRST not in self.workqueue:
                for scope in [one for one in wanted if one in self.workqueue][:1]:
                    self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)

        def _is_done(self, scope: str) -> bool:
            under_way = [units[scope] for units in self.assigned_work.values() if scope in units]
            return scope not in self.workqueue and all(all(unit.values()) for unit in under_way)

        def _split_scope(self, nodeid: str) -> str:
            module = nodeid.partition("::")[0]
            if module.startswith(SHARED):
                return SHARED
            _, folder, name = module.split("/", 2)
            half = f" {name >= MIDDLE}" if folder == THEN else ""
            return f"{folder}{half}" if folder in TOGETHER else module

    return ByPlace(config, log)


class Told:
    """Says what failed as it fails: a run of the whole is long."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for each part of each test."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            message = str(getattr(crash, "message", "")).partition("\n")[0]
            self._reporter.write_line("")
            self._reporter.write_line(f"failed: {report.nodeid} ({report.when}): {message}"[:300])


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Where tests run in other processes, theirs come here, too."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Told(reporter), "told")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of faults; last before the closing line: what was skipped, and why."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    outcomes = rounds.outcomes_of(report for report in reports if isinstance(report, pytest.TestReport))
    if outcomes:
        seed = rounds.seed_of(terminalreporter.config)
        terminalreporter.section(f"faults, seed {seed} (again: --fault-seed {seed})")
        for line in table.lines(outcomes):
            terminalreporter.line(line)
    skipped = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    if not skipped:
        return
    terminalreporter.section("not run here")
    for reason, count in sorted(skipped.items()):
        terminalreporter.line(f"{count:5d}  {reason}")


def _reason(report: pytest.TestReport) -> str:
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")
