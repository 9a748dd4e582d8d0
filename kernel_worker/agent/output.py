"""Output frames of one execution: kept within the caps, spooled for an adopter, sent out live."""

from __future__ import annotations

import logging
import time
from typing import Any

from broker_config.wire import events, frames
from broker_config.wire.codec import decode_tagged
from broker_config.wire.errors import BadMessage
from broker_config.wire.messages import Limits
from kernel_worker.agent.collector import LONGEST_ID, LONGEST_LOG, LONGEST_TITLE, Collector
from kernel_worker.agent.displays import Displays
from kernel_worker.agent.emitter import Emitter
from kernel_worker.agent.errands import Errands
from kernel_worker.agent.live import Bucket, ProgressGate
from kernel_worker.agent.pieces import cut
from kernel_worker.agent.spool import SEQ, Spool
from kernel_worker.agent.transfers import Store

NAMES = {frames.STDOUT: "stdout", frames.STDERR: "stderr"}
CHECKPOINT_S = 5.0
CHECKPOINT_BYTES = 262_144
NOTICE_S = 0.5
LIVE_TEXT_PER_S = 32_768.0
LIVE_DISPLAY_BYTES = 16.0 * 1024 * 1024
LIVE_DISPLAY_PER_S = 1024.0 * 1024
EVENT_BYTES = 100
"""What an event costs besides its text: ten million one-byte frames are not ten million events."""

log = logging.getLogger(__name__)


class Output:
    """What one execution puts out. Frames come from the relay's thread only."""

    def __init__(self, limits: Limits, spool: Spool, emitter: Emitter, store: Store) -> None:
        self.collector = Collector(limits.stream_head_bytes, limits.stream_tail_bytes)
        self.errands = Errands()
        self.bad_frames = 0
        self.in_hand: list[str] = []
        """Shared files of this cell that a dead process was given: whether it stored them is not known."""
        self._spool = spool
        self._emitter = emitter
        self._displays = Displays(store, self.errands, self.tell)
        self._progress = ProgressGate()
        self._text_live = {
            name: Bucket(float(limits.stream_head_bytes) + EVENT_BYTES, LIVE_TEXT_PER_S)
            for name in NAMES.values()
        }
        self._else_live = Bucket(LIVE_DISPLAY_BYTES, LIVE_DISPLAY_PER_S)
        self._skipped = dict.fromkeys(NAMES.values(), 0)
        self._fresh_bytes = 0
        self._checkpoint_at = time.monotonic() + CHECKPOINT_S
        self._notice_at = 0.0

    def text(self, kind: bytes, payload: bytes) -> None:
        """Take a stdout or stderr frame."""
        self._spool.add(kind, payload)
        name = NAMES[kind]
        self._fresh_bytes += len(self.collector.text(name, payload))
        self._live_text(name, payload)

    def message(self, message: Any, payload: bytes) -> bool:
        """Take a JSON frame; False when it is not about output."""
        handler = _HANDLERS.get(type(message))
        if handler is None:
            return False
        if not isinstance(message, frames.Step):
            self._spool.add(frames.JSON, payload)
        try:
            handler(self, message, True)
        except BadMessage:
            self.bad_frames += 1
        return True

    def handed(self, payload: bytes) -> None:
        """Note a ``HandShared`` for an adopter."""
        self._spool.add(frames.JSON, payload)

    def replay(self) -> int:
        """Take what an earlier agent spooled, without sending it again; the number of the next event."""
        seq = 0
        for kind, payload in self._spool.replay():
            if kind == SEQ:
                seq = int(payload)
            elif kind in NAMES:
                self.collector.text(NAMES[kind], payload)
            else:
                self._replay_message(payload)
        self.collector.fresh()
        return seq

    def _replay_message(self, payload: bytes) -> None:
        try:
            message = decode_tagged(frames.MESSAGES, payload)
            _HANDLERS[type(message)](self, message, False)
        except (BadMessage, KeyError):
            self.bad_frames += 1

    def tick(self, now: float) -> None:
        """Send what is due by time: checkpoints, counts of skipped text."""
        if now >= self._checkpoint_at or self._fresh_bytes >= CHECKPOINT_BYTES:
            self.checkpoint(now)
        if now >= self._notice_at:
            self._notice_at = now + NOTICE_S
            self.notice_skipped()

    def checkpoint(self, now: float) -> None:
        """Send what is new to the recorder, so that it outlives a crash."""
        self._checkpoint_at = now + CHECKPOINT_S
        self._fresh_bytes = 0
        items, logs = self.collector.fresh()
        if items or logs:
            self._emitter.emit(events.Checkpoint(items, logs), out=False, events=True)

    def notice_skipped(self) -> None:
        """Tell pages how much they do not see."""
        for name, skipped in self._skipped.items():
            if skipped and self._emitter.emit(events.Stream(name, "", skipped)):
                self._skipped[name] = 0

    def _live_text(self, name: str, payload: bytes) -> None:
        bucket, now = self._text_live[name], time.monotonic()
        part = payload
        if not bucket.take(len(payload) + EVENT_BYTES, now):
            room = int(bucket.level) - EVENT_BYTES
            part = cut(payload, room) if room > EVENT_BYTES else b""
            if part:
                bucket.take(len(part) + EVENT_BYTES, now)
        if not part:
            self._skipped[name] += len(payload)
            return
        body = events.Stream(name, part.decode("utf-8", "replace"), self._skipped[name])
        if self._emitter.emit(body):
            self._skipped[name] = len(payload) - len(part)
        else:
            self._skipped[name] += len(payload)

    def announce(self, body: Any) -> None:
        """Tell pages of something small that the agent did; from any thread."""
        self._live(body, 0)

    def _live(self, body: Any, size: int) -> None:
        if self._else_live.take(size + EVENT_BYTES, time.monotonic()):
            self._emitter.emit(body)

    def _show(self, show: frames.Show, live: bool) -> None:
        data, size, later = self._displays.fit(show.data, self.collector.inline_bytes)
        place = self.collector.update if show.update else self.collector.show
        if not place(show.display_id, show.title, data, size) or not live:
            return
        kind = events.UpdateDisplay if show.update else events.Display
        body = kind(show.display_id[:LONGEST_ID], show.title[:LONGEST_TITLE], data)
        self._fresh_bytes += size
        if later:
            self.errands.add(lambda: self._live(body, size))  # after its upload
        else:
            self._live(body, size)

    def _clear(self, clear: frames.Clear, live: bool) -> None:
        self.collector.clear(clear.wait)
        if live:
            self._live(events.ClearOutput(clear.wait), 0)

    def _log(self, line: frames.LogLine, live: bool) -> None:
        if not self.collector.log(events.LogRecord(time.time(), line.level, line.message, line.logger)):
            return
        if live:
            body = events.Log(line.level[:16], line.message[:LONGEST_LOG], line.logger[:LONGEST_ID])
            self._live(body, len(body.message))

    def _step(self, step: frames.Step, live: bool) -> None:
        bar = step.progress_id[:LONGEST_ID]
        if live and self._progress.passes(bar, step.done, step.total, time.monotonic()):
            self._live(events.Progress(bar, step.label[:LONGEST_TITLE], step.done, step.total), 0)

    def _replay_handed(self, hand: frames.HandShared, _live: bool) -> None:
        if not hand.again:
            self.in_hand.append(hand.path)

    def tell(self, sentence: str) -> None:
        """A sentence of the agent's own for the cell's log; from the errands' thread."""
        self.collector.log(events.LogRecord(time.time(), "ERROR", sentence, "husk"))
        self._emitter.emit(events.Log("ERROR", sentence, "husk"))


_HANDLERS: dict[type, Any] = {
    frames.Show: Output._show,
    frames.Clear: Output._clear,
    frames.LogLine: Output._log,
    frames.Step: Output._step,
    frames.HandShared: Output._replay_handed,
}
