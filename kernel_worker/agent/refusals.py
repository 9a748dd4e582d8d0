"""Why a call of user code gets no answer: as an exception here, as ``wire.flows.Refusal`` to the runner."""

from __future__ import annotations

import logging

from broker_config.wire.errors import BadField, BadMessage, HuskError
from broker_config.wire.flows import Refusal
from kernel_worker.agent.guard import without_values

AWAY = "StorageUnavailable"
"""Store or control plane did not answer; the same call may succeed later."""
KINDS = frozenset({"KeyError", "ValueError", "TypeError", "RuntimeError", AWAY})
LONGEST = 10_000

log = logging.getLogger(__name__)


class Refused(HuskError):
    """A call is refused; ``kind`` names the exception that user code gets."""

    code = "refused"

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message[:LONGEST])
        self.kind = kind if kind in KINDS else "RuntimeError"

    def __reduce__(self) -> tuple[type[Refused], tuple[str, str]]:
        return Refused, (self.kind, self.message)


def refusal_of(error: Exception) -> Refusal:
    """Any failure of a call in the words that user code gets; nothing of the agent's own in them."""
    if isinstance(error, Refused):
        return Refusal(error.kind, error.message)
    if isinstance(error, BadMessage):
        return Refusal("TypeError", error.message[:LONGEST])
    if isinstance(error, BadField):
        return Refusal("ValueError", error.message[:LONGEST])
    if isinstance(error, HuskError):
        return Refusal(AWAY, error.message[:LONGEST])
    log.error("a call failed: %s", without_values(error))
    if isinstance(error, OSError):
        return Refusal(AWAY, f"the kernel's own disk: {error.strerror or type(error).__name__}")
    return Refusal("RuntimeError", "the kernel's agent failed at this call; its log says where")
