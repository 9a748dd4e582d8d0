"""Checks of this machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from broker_config.settings import Settings
from web.stack import limit_checks, listeners, ports, preflight, status
from web.stack.finding import START, Finding, Verdict


def check_python() -> Finding:
    """The interpreter of the stack."""
    found = f"{sys.version.split()[0]} at {sys.executable}"
    return Finding("python", Verdict.GOOD, found)


def check_folder(settings: Settings) -> Finding:
    """The data folder can be written."""
    folder = settings.data_dir.resolve()
    if not folder.is_dir():
        return Finding("data folder", Verdict.WARNING, f"{folder} is not there yet", START)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("data folder", Verdict.FAILED, f"{folder} cannot be written", "set HUSK_DATA_DIR")
    return Finding("data folder", Verdict.GOOD, str(folder))


def check_disk(settings: Settings) -> Finding:
    """There is room."""
    folder = settings.data_dir.resolve()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    found = f"{free / 1e9:.1f} GB free"
    if free < preflight.LEAST_DISK_BYTES:
        return Finding("disk", Verdict.FAILED, found, "free some, or set HUSK_DATA_DIR to another disk")
    return Finding("disk", Verdict.GOOD, found)


def check_ports(settings: Settings) -> list[Finding]:
    """Every port can be listened on. For a stack that does not run."""
    wanted = ports.wanted(settings)
    troubles = [sentence for sentence in map(ports.trouble, wanted) if sentence]
    if not troubles:
        numbers = ", ".join(str(port.number) for port in wanted)
        return [Finding("ports", Verdict.GOOD, f"free: {numbers}")]
    return [Finding("ports", Verdict.FAILED, *sentence.split(": ", 1)) for sentence in troubles]


def check_processes(now: status.StackStatus) -> Finding:
    """Every line of the Procfile runs, and was never started again."""
    if now.state == status.STOPPED:
        return Finding("processes", Verdict.FAILED, "the stack does not run", START)
    down = [process.name for process in now.processes if process.state != status.RUNNING]
    restarted = [f"{process.name} {process.restarts}×" for process in now.processes if process.restarts]
    log = Path(now.data_dir) / "logs" / "stack.log"
    if down or now.pid is None:
        return Finding(
            "processes", Verdict.FAILED, f"not running: {', '.join(down) or 'husk up'}", f"see {log}"
        )
    if restarted:
        return Finding("processes", Verdict.WARNING, f"started again: {', '.join(restarted)}", f"see {log}")
    return Finding("processes", Verdict.GOOD, f"{len(now.processes)} run")


def check_runtime(facts: dict[str, Any]) -> Finding:
    """What keeps kernels apart from the stack and from each other; ``facts`` of ``web.facts``."""
    if facts["runtime"] == "process":
        return _processes(facts)
    if facts["banner"] and not limit_checks.absent(facts):
        return Finding("runtime", Verdict.FAILED, *_split(facts["banner"]))
    # Limits have findings of their own.
    tried = (facts.get("self_test") or {}).get("limits", {})
    layers = {name: one for name, one in facts["layers"].items() if name not in tried}
    there = [f"{name}: {one['what']}" for name, one in layers.items() if one["there"]]
    absent = [f"{name} ({one['what']})" for name, one in sorted(layers.items()) if not one["there"]]
    found = f"containers; {'; '.join(there)}" + (f"; absent: {', '.join(absent)}" if absent else "")
    return Finding("runtime", Verdict.GOOD, found)


def _processes(facts: dict[str, Any]) -> Finding:
    apart = facts["agent_uid"] != facts["runner_uid"]
    found = f"processes, not isolated; memory: {facts['memory']}; {facts['separation']}"
    mend = "" if apart else "run as root with an interpreter and a checkout that every user may read"
    return Finding("runtime", Verdict.GOOD if apart else Verdict.WARNING, found, mend)


def check_engine(facts: dict[str, Any]) -> Finding:
    """Whether a Docker Engine is here, with the kernels' image."""
    engine, image = facts["engine"], facts["image"]
    needed = facts["setting"] != "process"
    if not engine["reachable"]:
        found, mend = _split(str(engine["trouble"]))
        if facts["setting"] != "docker":
            return Finding(
                "engine", Verdict.GOOD, f"{found}; kernels of this stack are processes and need none"
            )
        return Finding("engine", Verdict.FAILED, found, mend)
    found = f"Docker Engine {engine['version']} answers"
    if image["present"]:
        return Finding("engine", Verdict.GOOD, f"{found}; image {image['tag']} ({image['id'][:19]})")
    why, mend = _split(str(image["trouble"]))
    return Finding("engine", Verdict.WARNING if needed else Verdict.GOOD, f"{found}; {why}", mend)


def _split(sentence: str) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    wrong, _, mend = sentence.rpartition(": ")
    return (wrong, mend) if wrong else (sentence, "")


def check_listeners(settings: Settings, isolated: bool) -> Finding:
    """What code in kernels can reach besides Husk; ``isolated``: they are containers, away from loopback."""
    own = {port.number for port in ports.wanted(settings)}
    found = [one for one in listeners.everybodys() if not (isolated and one.on_loopback)]
    others = [str(one) for one in found if one.port not in own]
    if not others:
        return Finding("listeners", Verdict.GOOD, "nothing else listens on this host's addresses")
    shown = ", ".join(others[:8]) + (f" and {len(others) - 8} more" if len(others) > 8 else "")
    return Finding(
        "listeners",
        Verdict.WARNING,
        f"code in kernels can reach: {shown}",
        "bind them to loopback with a password",
    )
