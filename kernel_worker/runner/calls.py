"""Questions of user code to the agent, and their answers: inputs, outputs, artifacts, the catalog."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.codec import plain
from broker_config.wire.flows import Refusal
from broker_config.wire.frames import Call, CallReply
from kernel_worker.runner.inbox import Gone, Inbox
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.spares import Spares

ANSWER_S = 600.0  # the first read of a large artifact downloads it


class StorageUnavailable(RuntimeError):
    """The store, or who answers for it, did not answer in time. What was published before is kept."""


@dataclass(slots=True)
class Answer:
    """One answer. Whoever takes ``fds`` closes them; the rest is closed by ``close``."""

    data: dict[str, Any]
    fds: list[int] = field(default_factory=list)

    def take_fd(self) -> int:
        """The descriptor that came along, from now on the caller's.

        Raises:
            StorageUnavailable: there is none.
        """
        if not self.fds:
            raise StorageUnavailable("the answer came without its file; run the cell again")
        return self.fds.pop(0)

    def close(self) -> None:
        """Close what nobody took."""
        while self.fds:
            os.close(self.fds.pop())


class Calls:
    """Asks the agent. Any thread of a cell may."""

    def __init__(self, outbox: Outbox, inbox: Inbox, spares: Spares) -> None:
        self._pid = os.getpid()
        self._outbox = outbox
        self._inbox = inbox
        self._spares = spares
        self._numbers = itertools.count(1)

    def ask(self, question: Any, fds: Sequence[int] = (), timeout_s: float = ANSWER_S) -> Answer:
        """Ask one of ``wire.flows.CALLS`` and wait for its only answer; descriptors stay the caller's.

        Raises:
            KeyError, ValueError, TypeError, RuntimeError: refused.
            StorageUnavailable: refused for that reason, or no answer in time.
            RuntimeError: the caller belongs to no cell that runs.
        """
        answer = Answer({})
        for found in self.ask_all(question, fds, timeout_s):
            answer.close()
            answer = Answer(found.data, list(found.fds))
            found.fds.clear()
        return answer

    def ask_all(
        self, question: Any, fds: Sequence[int] = (), timeout_s: float = ANSWER_S
    ) -> Iterator[Answer]:
        """As ``ask``, where several answers may come. Go through them to the end, or close the iterator."""
        if os.getpid() != self._pid:
            raise RuntimeError(
                "flowfile's data and artifacts are not reached from a child process: call it in the cell's "
                "own process, and hand over what was read"
            )
        number = next(self._numbers)
        with self._inbox.expecting(number) as replies:
            cell = self._outbox.send(Call(number, question.KIND, plain(question)), fds)
            if not cell:
                raise RuntimeError("the cell that started this thread has ended: nothing can be asked for it")
            more = True
            while more:
                try:
                    reply, found = self._inbox.next_call_reply(
                        replies, timeout_s, lambda: self._outbox.cell == cell
                    )
                except (TimeoutError, Gone):
                    raise StorageUnavailable(_unanswered(question.KIND, timeout_s)) from None
                if fds:  # who brought a file gets none but a spare
                    self._spares.put(found)
                answer = Answer(reply.data, found)
                try:
                    more = _checked(reply).more
                    yield answer
                finally:
                    answer.close()


def _checked(reply: CallReply) -> CallReply:
    if reply.refusal is not None:
        raise _refused(reply.refusal)
    return reply


def _refused(refusal: Refusal) -> Exception:
    kinds: dict[str, type[Exception]] = {
        kind.__name__: kind for kind in (KeyError, ValueError, TypeError, RuntimeError, StorageUnavailable)
    }
    return kinds.get(refusal.type, RuntimeError)(refusal.message)


def _unanswered(kind: str, timeout_s: float) -> str:
    return (
        f"no answer to {kind} within {timeout_s:.0f} s, or the cell ended meanwhile. What was published "
        "before is kept; run the cell again."
    )
