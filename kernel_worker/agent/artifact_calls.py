"""Local artifacts: publish, read, list, delete."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from broker_config.wire.codec import compact, plain
from broker_config.wire.events import ArtifactChanged
from broker_config.wire.flows import FORMATS, LARGEST_PREVIEW_BYTES, PublishArtifact
from broker_config.wire.names import has_control
from kernel_worker.agent.around import Around
from kernel_worker.agent.calls import Asked, Handler
from kernel_worker.agent.chunks import answers
from kernel_worker.agent.downloads import Wanted
from kernel_worker.agent.fetching import Origin, readable
from kernel_worker.agent.published import Published
from kernel_worker.agent.reading_ahead import ReadAhead
from kernel_worker.agent.refusals import AWAY, Refused

IN_ONE_ANSWER = 1_000
LARGEST_META_BYTES = 16 * 1024
PREVIEWS_BYTES = 16 * 1024 * 1024
OWN_URL_S = 900
NO_PREVIEW = (
    "the previews of this cell's artifacts are over the limit of what is kept: {!r} and later have none"
)


class ArtifactCalls:
    """Handlers of one execution."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._preview_bytes = 0
        self._ahead = ReadAhead(around)

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of call."""
        return {
            "publish_artifact": self._publish,
            "read_artifact": self._read,
            "list_artifacts": self._list,
            "delete_artifact": self._delete,
        }

    def _publish(self, asked: Asked) -> None:
        around = self._around
        args: PublishArtifact = asked.args
        name = around.look().check_publish(args.name)
        args = self._bounded(replace(args, name=name))
        file = around.expect(asked.fd, f"artifact {name!r}")
        one = Published(asked.number, args, time.time(), file)
        stored = partial(around.ahead.stored, one)
        around.take(asked.fd, file, stored)
        try:
            around.staging.published(one, "artifact")
        except BaseException:
            around.forget(file)
            raise
        around.board.publish(one)
        around.keep(file, stored)
        asked.answer({})
        around.say(ArtifactChanged(name, "published", args.type_name, file.size))

    def _bounded(self, args: PublishArtifact) -> PublishArtifact:
        try:
            meta, preview = len(compact(args.meta)), len(compact(args.preview or {}))
        except (ValueError, TypeError, RecursionError):
            raise Refused("ValueError", f"the description of artifact {args.name!r} is not JSON") from None
        if meta > LARGEST_META_BYTES:
            raise Refused("ValueError", f"the description of artifact {args.name!r} is too long")
        if args.format not in FORMATS or has_control(args.type_name + args.module):
            raise Refused("ValueError", f"the description of artifact {args.name!r} is not one")
        over = self._preview_bytes > PREVIEWS_BYTES
        self._preview_bytes += preview
        if self._preview_bytes > PREVIEWS_BYTES and not over:
            self._around.tell(NO_PREVIEW.format(args.name))
        kept = preview <= LARGEST_PREVIEW_BYTES and self._preview_bytes <= PREVIEWS_BYTES
        return args if kept else replace(args, preview=None)

    def _read(self, asked: Asked) -> None:
        board = self._around.look()
        found = board.find(asked.args.name)
        if isinstance(found, Published):
            asked.answer(plain(board.describe(found)), self._own(found))
        else:
            asked.answer(plain(found), self._ahead.open(found))

    def _own(self, one: Published) -> int:
        fd = self._around.uploads.open(one.file)
        if fd is not None:
            return fd
        stored = one.file.stored
        if stored is None:
            raise Refused(AWAY, one.file.failure or f"artifact {one.name!r} is not stored")
        wanted = Wanted(stored.size, stored.sha256, f"artifact {one.name!r}")
        s3 = self._around.store.s3
        return readable(self._around, Origin(wanted, lambda _anew: s3.presigned(stored.key, OWN_URL_S)))

    def _list(self, asked: Asked) -> None:
        listing = (plain(artifact) for artifact in self._around.look().listing())
        for chunk, more in answers(listing, IN_ONE_ANSWER):
            asked.answer({"artifacts": chunk}, more=more)

    def _delete(self, asked: Asked) -> None:
        around, name = self._around, asked.args.name
        board = around.look()
        existed = board.existed(name)
        board.delete(name)
        around.staging.deleted(asked.number, name, existed)
        asked.answer({})
        around.say(ArtifactChanged(name, "deleted"))
