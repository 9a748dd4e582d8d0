"""What a builder is told on its standard input; it may hold a login at the index, so it is in no argument."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from broker_config.settings import Settings
from broker_config.wire.errors import EnvironmentFailed
from tasks import environments
from tasks.environments.locks import Lock
from tasks.environments.question import ANSWER, Wanted
from tasks.runtimes.builder_profile import PYTHON

GB = 1_000_000_000
MODULES = [Path(environments.__file__).with_name(name) for name in ("inspection.py", "bytecode.py")]


def order_of(settings: Settings, lock: Lock, cpu_cores: float) -> bytes:
    """What builds an environment, as one line of JSON.

    Raises:
        EnvironmentFailed: a file that a setting names cannot be read.
    """
    pins = [
        {"name": one.name, "version": one.version, "hashes": one.hashes, "marker": one.marker}
        for one in lock.pins
    ]
    return _line(
        {
            **_common(settings, settings.build_timeout_s),
            "digest": lock.digest,
            "pins": pins,
            "allow_sdist": lock.allow_sdist,
            # What both runtimes do with an environment, in the same words.
            "modules": {one.stem: one.read_text(encoding="utf-8") for one in MODULES},
            "jobs": max(1, math.floor(cpu_cores)),
        }
    )


def question_of(settings: Settings, wanted: Wanted) -> bytes:
    """What makes a lock, with packages' own code run where that is wanted. Raises as ``order_of``."""
    questions = [{"files": one.files, "argv": one.argv} for one in wanted.questions(PYTHON)]
    return _line({**_common(settings, settings.resolve_timeout_s), "questions": questions, "answer": ANSWER})


def _line(order: dict[str, Any]) -> bytes:
    return json.dumps(order).encode() + b"\n"


def _common(settings: Settings, timeout_s: float) -> dict[str, Any]:
    return {
        "index": settings.index_url.get_secret_value(),
        "more_indexes": settings.extra_index_urls.get_secret_value(),
        "proxy": settings.index_proxy.get_secret_value(),
        "authorities": _authorities(settings),
        "timeout_s": timeout_s,
        "most_bytes": int(settings.environment_max_gb * GB),
    }


def _authorities(settings: Settings) -> str:
    if not settings.index_ca:
        return ""
    try:
        return Path(settings.index_ca).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise EnvironmentFailed(f"HUSK_INDEX_CA cannot be read: {type(error).__name__}") from None
