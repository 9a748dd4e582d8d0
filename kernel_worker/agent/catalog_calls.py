"""The catalog of global artifacts: publish, get, list, delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from broker_config.wire.codec import build, plain
from broker_config.wire.errors import StorageFailed, Unavailable
from broker_config.wire.flows import (
    CatalogEntry,
    DeleteGlobal,
    FinalizeGlobal,
    FindGlobal,
    GetGlobal,
    ListGlobal,
    PageGlobal,
    PrepareGlobal,
    PublishGlobal,
    RemoveGlobal,
    StoredObject,
)
from broker_config.wire.names import check_artifact_name
from kernel_worker.agent.around import Around
from kernel_worker.agent.calls import Asked, Handler
from kernel_worker.agent.chunks import answers
from kernel_worker.agent.downloads import Wanted
from kernel_worker.agent.fetching import Origin, readable
from kernel_worker.agent.patience import RETRY_S
from kernel_worker.agent.refusals import AWAY, Refused

IN_ONE_ANSWER = 1_000
NOTHING = -1
"""The id and version of what was not stored."""
INTERACTIVE = (
    "a cell that a person runs stores nothing in the catalog: publish_global does in a run of a saved flow"
)
NO_FLOW = "this notebook belongs to no saved flow: save the flow, then run it, to publish to the catalog"


class CatalogCalls:
    """Handlers of one execution."""

    def __init__(self, around: Around) -> None:
        self._around = around

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of call."""
        return {
            "may_publish_global": self._may_publish,
            "publish_global": self._publish,
            "get_global": self._get,
            "list_global": self._list,
            "delete_global": self._delete,
        }

    def _may_publish(self, asked: Asked) -> None:
        asked.answer({"why": self._why_not()})

    def _why_not(self) -> str:
        if self._around.board.interactive:
            return INTERACTIVE
        view = self._around.look().view
        return "" if view is not None and view.saved else NO_FLOW

    def _publish(self, asked: Asked) -> None:
        around = self._around
        args: PublishGlobal = asked.args
        name = check_artifact_name(args.name, "the name of a global artifact")
        why = self._why_not()
        if not why:
            prepared = around.ask(PrepareGlobal(around.execution_id, name, args.namespace))
            why = str(prepared["why"])
        if why:
            asked.answer({"id": NOTHING, "version": NOTHING, "why": why})
            return
        stored = self._stored(asked, f"global artifact {name!r}")
        finalize = FinalizeGlobal(
            execution_id=around.execution_id,
            ticket=build(int, prepared["ticket"]),
            description=args.description,
            tags=args.tags,
            type_name=args.type_name,
            module=args.module,
            format=args.format,
            meta=args.meta,
            preview=args.preview,
            inputs=list(around.board.read),
            object=stored,
        )
        asked.answer({**around.ask(finalize, RETRY_S), "why": ""})

    def _stored(self, asked: Asked, what: str) -> StoredObject:
        """Stored at once: the caller gets its number. A failure leaves nothing: the caller has the object."""
        around = self._around
        file = around.expect(asked.fd, what)
        path = around.uploads.path(file)
        around.place(asked.fd, file)
        try:
            with path.open("rb", buffering=0) as opened:
                got = around.store.upload(opened, file.size, what, unwanted=around.ended.is_set)
            around.content.add(path, got.sha256, got.size)
        finally:
            path.unlink(missing_ok=True)
        return StoredObject(got.key, got.size, got.sha256, got.checksum)

    def _get(self, asked: Asked) -> None:
        around = self._around
        args: GetGlobal = asked.args
        find = FindGlobal(around.execution_id, args.name, args.namespace, args.version)
        found = around.ask(find)
        entry = build(CatalogEntry, found["entry"])

        def url(anew: bool) -> str:
            return str((around.ask(find) if anew else found)["url"])

        named = f"{entry.namespace}::{entry.name}"
        wanted = Wanted(entry.size, entry.sha256, f"global artifact {named} version {entry.version}")
        asked.answer(plain(entry), readable(around, Origin(wanted, url, "global", entry.id)))
        around.board.read[f"{named}@{entry.version}"] = None

    def _list(self, asked: Asked) -> None:
        for chunk, more in answers(self._pages(asked.args), IN_ONE_ANSWER):
            asked.answer({"entries": chunk}, more=more)

    def _pages(self, args: ListGlobal) -> Iterator[dict[str, Any]]:
        after: int | None = None
        while True:
            page = PageGlobal(self._around.execution_id, args.tags, args.namespace, args.name, after)
            found = self._around.ask(page)
            yield from found["entries"]
            following = found["next"]
            if following is None or (after is not None and following >= after):
                return
            after = build(int, following)

    def _delete(self, asked: Asked) -> None:
        args: DeleteGlobal = asked.args
        remove = RemoveGlobal(self._around.execution_id, args.name, args.namespace, args.version)
        try:
            found = self._around.desk.ask(remove)  # once: a second time it would be gone already
        except (Unavailable, StorageFailed) as error:
            raise Refused(AWAY, f"{error.message}; whether it was deleted is not known") from None
        asked.answer({"deleted": build(int, found["deleted"])})
