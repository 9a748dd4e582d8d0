"""Why a question is refused, as the exception that user code gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from broker_config.wire.errors import BadField, BadMessage, Conflict, HuskError, NotFound, Unavailable
from broker_config.wire.flows import Refusal

LONGEST = 2_000

_TYPES: tuple[tuple[type[HuskError], str], ...] = (
    (NotFound, "KeyError"),
    (BadField, "ValueError"),
    (Conflict, "ValueError"),
    (Unavailable, "StorageUnavailable"),
    (BadMessage, "RuntimeError"),
)


class Refused(HuskError):
    """There is no answer. ``type`` is one of ``wire.flows.Refusal``'s."""

    code = "refused"

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type


@contextmanager
def not_stored() -> Iterator[None]:
    """An object that is not there, or not as said, is the store's fault for user code, not a missing name."""
    try:
        yield
    except NotFound as error:
        raise Refused("StorageUnavailable", error.message) from None


def refusal_of(error: HuskError) -> Refusal:
    """Any of our errors as a refusal."""
    if isinstance(error, Refused):
        return Refusal(error.type, error.message[:LONGEST])
    kind = next((name for known, name in _TYPES if isinstance(error, known)), "StorageUnavailable")
    return Refusal(kind, error.message[:LONGEST])
