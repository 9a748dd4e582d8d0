"""What the self-test's findings mean, what is told of them, and which runc has known holes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from tasks.runtimes import runc_holes
from tasks.runtimes.self_test import telling
from tasks.runtimes.self_test.container import ASKED, TRIAL, arguments, read_lines
from tasks.runtimes.self_test.rules import RULES
from tasks.runtimes.self_test.trial import TRIALS
from tasks.runtimes.self_test.verdicts import Limit, Verdict, judge
from tasks.runtimes.standing import standing
from web.stack import finding, host_checks, limit_checks

HELD: dict[str, dict[str, Any]] = {
    "rights": {
        "CapEff": "00000000000000e0",
        "CapPrm": "00000000000000e0",
        "CapBnd": "00000000000000e0",
        "NoNewPrivs": "1",
        "Seccomp": "2",
        "core_bytes": 0,
        "apparmor": None,
        "uid_map": ["0", "0", "4294967295"],
        "cgroup": "1",
    },
    "files": {"opened": 61, "refused": "EMFILE", "raised": False},
    "root": {"written": []},
    "host": {"opened": []},
    "tmpfs": {"written": 1048576, "refused": "ENOSPC", "tmp_bytes": 268435456},
    "swap": {"host_kb": 2097148, "allowed": "0"},
    "pids": {"children": 31, "refused": "EAGAIN", "refusals": 1},
    "memory": {"got_it": False, "killed": True, "in_time": True, "oom_kills": 1, "peak_bytes": "67108864"},
    "cpu": {"throttled": 3, "periods": 20, "cores_used": 0.1},
}


def verdicts(**changed: dict[str, Any] | None) -> dict[str, Limit]:
    """Rows by name, of findings where all holds but for what is ``changed``; None: a trial never told."""
    told = {name: {**found, **(changed.get(name) or {})} for name, found in HELD.items()}
    told = {name: found for name, found in told.items() if changed.get(name, found) is not None}
    return {one.name: one for one in judge(RULES, ASKED, told)}


def facts(rows: dict[str, Limit], trouble: str | None = None) -> dict[str, Any]:
    """``GET /runtime`` of a host with this result."""
    test = telling.done(list(rows.values()), HELD, 1_800_000_000.0, 2.5)
    docker = {
        "engine": {"reachable": True, "version": "20"},
        "image": {"present": True},
        "layers": {
            "pids": {"there": True, "what": "limited"},
            "apparmor": {"there": True, "what": "docker-default"},
            "runc": {"there": True, "what": "1.3.3"},
        },
        "gpu": False,
        "trouble": trouble,
        "self_test": test,
    }
    settings = Settings(secret_key=SecretStr("a-secret-of-these-tests"))
    return json.loads(json.dumps(standing(settings, docker, None)))


def test_where_everything_held_every_limit_is_enforced_and_nothing_is_to_be_done() -> None:
    rows = verdicts()
    assert {one.verdict for one in rows.values()} == {Verdict.ENFORCED}
    assert not any(one.mend for one in rows.values())


def test_every_trial_is_judged_and_every_rule_has_its_trial() -> None:
    assert {rule.trial for rule in RULES} == set(TRIALS) == set(HELD)


@pytest.mark.parametrize(
    ("name", "trial", "seen"),
    [
        ("memory", "memory", {"got_it": True, "killed": False, "oom_kills": 0}),
        ("memory", "memory", {"killed": False, "in_time": False, "peak_bytes": "120410112"}),
        ("swap", "swap", {"allowed": "67108864"}),
        ("swap", "swap", {"allowed": "max"}),
        ("swap", "swap", {"allowed": None}),
        ("cpu", "cpu", {"throttled": 0, "periods": 0, "cores_used": 0.01}),
        ("cpu", "cpu", {"throttled": None, "periods": None, "cores_used": 0.9}),
        ("cpu", "cpu", {"cores_used": 0.9}),
        ("pids", "pids", {"children": 40, "refused": None, "refusals": 0}),
        ("open files", "files", {"opened": 80, "refused": None}),
        ("open files", "files", {"raised": True}),
        ("read-only image", "root", {"written": ["/etc"]}),
        ("host's settings", "host", {"opened": ["/proc/sysrq-trigger"]}),
        ("temporary files", "tmpfs", {"written": 2097152, "refused": None}),
        ("temporary files", "tmpfs", {"tmp_bytes": 2**40}),
        ("rights", "rights", {"CapEff": "00000000a80425fb"}),
        ("rights", "rights", {"CapBnd": "00000000a80425fb"}),
        ("no new rights", "rights", {"NoNewPrivs": "0"}),
        ("core dumps", "rights", {"core_bytes": -1}),
        ("seccomp", "rights", {"Seccomp": "0"}),
    ],
)
def test_what_did_not_hold_is_not_enforced_with_what_follows_and_what_to_do(
    name: str, trial: str, seen: dict[str, Any]
) -> None:
    rows = verdicts(**{trial: seen})
    assert rows[name].verdict == Verdict.ABSENT
    assert rows[name].what
    assert rows[name].mend
    assert [one.name for one in rows.values() if one.verdict != Verdict.ENFORCED] == [name]


@pytest.mark.parametrize(
    ("name", "trial", "seen"),
    [
        ("memory", "memory", {"killed": True, "oom_kills": 0}),  # by somebody else
        ("memory", "memory", {"killed": False, "in_time": False, "oom_kills": 0}),
        ("cpu", "cpu", {"throttled": None, "periods": None, "cores_used": 0.05}),
        ("pids", "pids", {"children": 3, "refusals": 0}),  # another limit, or no memory
        ("pids", "pids", {"error": "OSError: [Errno 5]"}),
        ("pids", "pids", None),
        ("swap", "swap", {"allowed": None, "host_kb": None}),
        ("seccomp", "rights", {"Seccomp": None}),
    ],
)
def test_what_says_nothing_is_not_called_enforced(name: str, trial: str, seen: dict[str, Any] | None) -> None:
    row = verdicts(**{trial: seen})[name]
    assert row.verdict == Verdict.UNTRIED
    assert row.what


def test_a_host_without_swap_needs_no_limit_of_it() -> None:
    assert verdicts(swap={"allowed": None, "host_kb": 0})["swap"].verdict == Verdict.ENFORCED


def test_lines_that_are_no_findings_are_left_out() -> None:
    text = 'Killed\n{"trial": "root", "written": []}\n[1]\n{"trial": 3}\n{"trial": "cp'
    assert read_lines(text) == {"root": {"written": []}}


def test_the_container_is_a_kernels_but_for_spool_network_and_labels() -> None:
    made = arguments("sha256:1", "here")
    host = made["HostConfig"]
    assert (host["Mounts"], host["NetworkMode"], host["PidsLimit"]) == ([], "none", ASKED.pids)
    assert host["Memory"] == host["MemorySwap"] == ASKED.memory_bytes
    assert (host["CapDrop"], host["ReadonlyRootfs"]) == (["ALL"], True)
    assert made["Labels"] == {"husk.instance": "here", TRIAL: "1"}
    assert "husk.kernel" not in made["Labels"], "the reconcile would end it as a kernel that nobody knows"
    assert json.loads(made["Cmd"][0])["pids"] == ASKED.pids


def test_what_was_tried_stands_in_place_of_the_engines_word() -> None:
    told = facts(verdicts(pids={"children": 40, "refused": None}))
    assert told["layers"]["pids"]["there"] is False
    assert "a fork bomb in a kernel reaches the host" in told["layers"]["pids"]["what"]
    assert told["layers"]["memory"]["there"] is True
    assert "pids" in told["layers_absent"]
    # The engine said docker-default, the container had none.
    assert told["layers"]["apparmor"]["there"] is False


def test_a_limit_that_is_not_enforced_is_in_the_banner_and_a_warning_of_the_doctor() -> None:
    told = facts(verdicts(pids={"children": 40, "refused": None}))
    assert told["banner"] == "This host does not enforce what kernels are given (pids): see `husk doctor`"
    found = {one.name: one for one in limit_checks.check_limits(told)}
    assert found["limit: pids"].verdict == finding.Verdict.WARNING
    assert found["limit: pids"].mend
    assert found["limits"].verdict == finding.Verdict.GOOD
    assert host_checks.check_runtime(told).verdict == finding.Verdict.GOOD


def test_what_could_not_be_tried_is_a_warning_of_the_doctor_and_no_banner() -> None:
    told = facts(verdicts(cpu={"throttled": None, "periods": None}))
    assert told["banner"] is None
    warned = [one.name for one in limit_checks.check_limits(told) if one.verdict == finding.Verdict.WARNING]
    assert warned == ["limit: cpu"]


def test_kernels_that_cannot_be_started_are_told_before_limits() -> None:
    settings = Settings(secret_key=SecretStr("a-secret-of-these-tests"), runtime="docker")
    rows = list(verdicts(pids={"children": 40}).values())
    test = telling.done(rows, HELD, 1.0, 1.0)
    docker = {"engine": {}, "image": {}, "trouble": "no engine: start it", "self_test": test}
    assert standing(settings, docker, {})["banner"] == "Kernels cannot be started: no engine: start it"


def test_process_kernels_have_no_such_limits_and_the_doctor_is_silent() -> None:
    settings = Settings(secret_key=SecretStr("a-secret-of-these-tests"), runtime="process")
    docker = {"engine": {}, "image": {}, "trouble": None, "self_test": telling.NOT_RUN}
    told = standing(settings, docker, {})
    assert (told["self_test"], told["banner"], limit_checks.check_limits(told)) == (None, None, [])


def test_before_it_ran_the_doctor_says_so() -> None:
    told = facts({})
    told["self_test"] = {**telling.NOT_RUN, "trouble": "the engine is away"}
    (only,) = limit_checks.check_limits(told)
    assert only.verdict == finding.Verdict.WARNING
    assert "not tried yet on this host: the engine is away" in only.found


@pytest.mark.parametrize(
    ("version", "holes", "patched"),
    [
        ("1.1.5+ds1-1+deb12u1", 4, True),
        ("v1.1.11-0-g4bccb38", 4, False),
        ("v1.1.12-0-g51d5e946", 3, False),
        ("1.1.15-0ubuntu1~22.04.1", 3, True),
        ("v1.2.5-0-g59923ef", 3, False),
        ("1.2.8", 0, False),
        ("1.3.2", 3, False),
        ("v1.3.3-0-gd842d771", 0, False),
        ("1.4.0-rc.2", 3, False),
        ("1.4.0-rc.3", 0, False),
        ("1.5.2", 0, False),
        ("2.0.0", 0, False),
    ],
)
def test_a_runc_with_known_holes_is_told_by_its_number(version: str, holes: int, patched: bool) -> None:
    found = runc_holes.examine(version)
    assert found is not None
    assert (len(found.holes), found.patched) == (holes, patched)
    there, what = runc_holes.layer(version)
    assert there is (holes == 0)
    assert ("your distribution" in what) is (patched and holes > 0)


@pytest.mark.parametrize("version", ["", "unknown", "N/A", "a4f2b1c"])
def test_a_runc_that_tells_no_version_is_not_called_safe(version: str) -> None:
    there, what = runc_holes.layer(version)
    assert not there
    assert "says nothing" in what
