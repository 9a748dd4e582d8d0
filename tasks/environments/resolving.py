"""Make a lock of wishes: uv resolves them together with the flavour's base set."""

from __future__ import annotations

from collections.abc import Sequence

from broker_config.settings import Settings
from tasks.environments.locks import Lock


def resolve(
    settings: Settings,
    packages: Sequence[str],
    flavour: str,
    python: str,
    allow_sdist: bool = False,
    previous: Lock | None = None,
) -> Lock:
    """The lock of ``packages``, which are as ``requirements.read`` returns them, for a Python ``3.N``.

    Versions of ``previous`` are kept where they fit.

    Raises:
        ResolutionFailed: they do not go together or are not there, in uv's own words.
        Unavailable: the index did not answer in time, or not at all.
    """
    raise NotImplementedError
