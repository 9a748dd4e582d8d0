"""Questions of user code: taken by the relay, answered one after the other by a thread of their own."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from broker_config.wire.codec import build
from broker_config.wire.flows import CALLS, Refusal
from broker_config.wire.frames import Call, CallReply, Channel
from kernel_worker.agent.refusals import Refused, refusal_of
from kernel_worker.agent.spares import new_spare
from kernel_worker.agent.staging import OpenCall, Staging

MOST_WAITING = 256
LARGEST_ARGS_BYTES = 16 * 1024 * 1024
SEND_S = 120.0
END_S = 120.0
FILED = frozenset({"publish_output", "publish_artifact", "publish_global"})
"""They bring a descriptor, and their answers a spare for the next."""
ONCE = frozenset({*FILED, "delete_global"})
"""They are not done again by an agent that adopts the execution."""

log = logging.getLogger(__name__)


Send: TypeAlias = Callable[[CallReply, list[int]], None]


@dataclass(slots=True)
class Asked:
    """One call that is being answered: its checked arguments, the descriptor it brought, where answers go."""

    number: int
    args: Any
    fd: int
    send: Send

    def answer(self, data: dict[str, Any], fd: int | None = None, more: bool = False) -> None:
        """Answer, and close ``fd``."""
        try:
            self.send(CallReply(self.number, data, more=more), [] if fd is None else [fd])
        finally:
            if fd is not None:
                os.close(fd)


Handler: TypeAlias = Callable[[Asked], None]


class Calls:
    """Of one execution. ``stuck`` is called when the runner does not read what it asked for."""

    def __init__(
        self,
        channel: Channel,
        staging: Staging,
        handlers: Mapping[str, Handler],
        stuck: Callable[[], object],
    ) -> None:
        self._channel = channel
        self._staging = staging
        self._handlers = handlers
        self._stuck = stuck
        self._waiting: queue.SimpleQueue[tuple[Call, list[int]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ended = False

    def take(self, call: Call, size: int, fds: list[int]) -> None:
        """Take a call of ``size`` bytes and its descriptors; from the relay's thread, never waits."""
        why = ""
        if size > LARGEST_ARGS_BYTES:
            why = f"a call of {size} bytes: {LARGEST_ARGS_BYTES} are allowed"
        elif self._waiting.qsize() >= MOST_WAITING:
            why = f"more than {MOST_WAITING} calls of this cell wait for their answers"
        if why:
            _close(fds)
            with suppress(OSError):  # one packet: it goes as a whole, or not
                self._channel.send(CallReply(call.number, refusal=Refusal("ValueError", why)))
            return
        self._note(call)
        self._put(call, fds)

    def resume(self, left: Iterable[OpenCall]) -> None:
        """Answer what a dead agent left open: again, from what it did, or with what became of it."""
        for one in left:
            if one.answer is not None:
                self._send(CallReply(one.number, one.answer), [])
            elif one.args is None or one.parted or one.kind in ONCE:
                self._refuse(one.number, _died(one.kind))
            else:
                self._put(Call(one.number, one.kind, one.args), [])

    def end(self) -> None:
        """The cell is over: what still waits is refused, what is being answered is waited for, bounded."""
        self._ended = True
        if self._thread is None:
            return
        self._waiting.put(None)
        self._thread.join(END_S)
        if self._thread.is_alive():
            log.error("a call did not end within %g s", END_S)

    def _note(self, call: Call) -> None:
        args = None if call.kind in ONCE else call.args
        try:
            self._staging.called(call.number, call.kind, args)
        except (ValueError, TypeError, RecursionError):  # no JSON: it will be refused
            with suppress(OSError, ValueError):
                self._staging.called(call.number, "", None)
        except OSError as error:
            log.warning("a call is not noted for an adopter: %s", error)

    def _put(self, call: Call, fds: list[int]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="calls", daemon=True)
            self._thread.start()
        self._waiting.put((call, fds))

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            call, fds = waiting
            send = self._send_with_spare if call.kind in FILED else self._send
            try:
                self._answer(call, fds, send)
            except Exception as error:
                send(CallReply(call.number, refusal=refusal_of(error)), [])
            finally:
                _close(fds)

    def _answer(self, call: Call, fds: list[int], send: Send) -> None:
        if self._ended:
            raise Refused("RuntimeError", "the cell that asked has ended")
        kind = CALLS.get(call.kind)
        if kind is None or call.kind not in self._handlers:
            raise Refused("TypeError", f"the agent does not know the call {call.kind[:64]!r}")
        args: Any = build(kind, call.args)
        if len(fds) != (1 if call.kind in FILED else 0):
            raise Refused("ValueError", f"{call.kind} came with {len(fds)} files")
        self._handlers[call.kind](Asked(call.number, args, fds[0] if fds else -1, send))

    def _refuse(self, number: int, refusal: Refusal) -> None:
        self._send(CallReply(number, refusal=refusal), [])

    def _send_with_spare(self, reply: CallReply, fds: list[int]) -> None:
        spare = new_spare(self._staging.folder)
        try:
            self._send(reply, [*fds, *spare])
        finally:
            _close(spare)

    def _send(self, reply: CallReply, fds: list[int]) -> None:
        try:
            if reply.more:  # before: half an answer must not be begun again
                self._staging.answered(reply.number, more=True)
            self._channel.send(reply, fds, SEND_S)
            if not reply.more:  # after: a second answer is dropped by its number
                self._staging.answered(reply.number, more=False)
        except TimeoutError:
            log.error("the runner does not read the answers that it asked for")
            self._stuck()
        except OSError as error:
            log.info("a call was not answered: %s", error)


def _close(fds: list[int]) -> None:
    while fds:
        with suppress(OSError):
            os.close(fds.pop())


def _died(kind: str) -> Refusal:
    return Refusal(
        "StorageUnavailable",
        f"the kernel's agent was started anew while it answered {kind or 'a call'}; run the cell again",
    )
