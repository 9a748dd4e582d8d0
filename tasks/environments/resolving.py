"""Make a lock of wishes: uv resolves them together with the flavour's base set."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from broker_config.settings import Settings
from broker_config.wire.errors import NotAvailable, Unavailable
from tasks.environments import cache, installer, question
from tasks.environments.locks import Lock
from tasks.environments.question import ANSWER, Question, Wanted
from tasks.environments.running import Ended, run
from tasks.environments.workplace import workplace


def resolve(
    settings: Settings,
    packages: Sequence[str],
    flavour: str,
    python: str,
    allow_sdist: bool = False,
    previous: Lock | None = None,
    *,
    uv: str = "",
) -> Lock:
    """The lock of ``packages``, which are as ``requirements.read`` returns them, for a Python ``3.N``.

    Versions of ``previous`` are kept where they fit, then the base set's. ``uv``: another program than ours.
    With ``allow_sdist`` uv runs code of packages to learn what they need, which only a builder may: it takes
    ``Wanted.questions`` there.

    Raises:
        NotAvailable: ``allow_sdist``.
        ResolutionFailed: they do not go together or are not there, in uv's own words.
        Unavailable: the index did not answer in time, or not at all.
    """
    if allow_sdist:
        raise NotAvailable("source distributions are built for kernels in containers alone", "allow_sdist")
    wanted = Wanted(tuple(packages), flavour, python, False, previous, constraints_of(settings))
    deadline = time.monotonic() + settings.resolve_timeout_s
    try:
        with workplace(settings.environments_dir) as place:
            return _ask_all(settings, wanted, uv or installer.uv_path(), place, deadline)
    except OSError as error:
        raise Unavailable(f"the packages were not resolved: {error.strerror}") from None


def constraints_of(settings: Settings) -> str:
    """Text of the file that bounds versions.

    Raises:
        Unavailable: it cannot be read; nothing is resolved without it.
    """
    if not settings.constraints:
        return ""
    try:
        return Path(settings.constraints).read_text()
    except (OSError, UnicodeDecodeError):
        raise Unavailable("the file of HUSK_CONSTRAINTS cannot be read: mend the setting") from None


def _ask_all(settings: Settings, wanted: Wanted, uv: str, place: Path, deadline: float) -> Lock:
    first, second = wanted.questions(sys.executable, question.glibc_here())
    ended, text = _ask(settings, first, uv, place, deadline)
    if question.is_conflict(ended.code, text):
        ended, text = _ask(settings, second, uv, place, deadline)
    if ended.why == "time":
        raise Unavailable(
            f"the packages were not resolved within {settings.resolve_timeout_s:g} s: "
            "the package index is slow or does not answer; try again"
        )
    if ended.code or ended.why:
        raise question.failure(ended.code, text)
    return wanted.lock((place / ANSWER).read_text())


def _ask(settings: Settings, asked: Question, uv: str, place: Path, deadline: float) -> tuple[Ended, str]:
    for name, text in asked.files.items():
        (place / name).write_text(text)
    fetched = cache.folder(settings)
    ended = run(
        [uv, *asked.argv],
        place,
        installer.environ(settings, place, fetched),
        installer.bounds(settings, max(0.0, deadline - time.monotonic())),
        lambda _line: None,
        threading.Event(),
    )
    return ended, installer.words(ended.lines, [place, fetched, settings.data_dir.resolve()])
