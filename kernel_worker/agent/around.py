"""What the calls of one execution work with."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from broker_config.wire.codec import build, plain
from broker_config.wire.errors import HuskError
from broker_config.wire.flows import MOST_STAGED, FlowView, StageArtifacts, ViewFlow
from kernel_worker.agent.arriving import FROM_BYTES, Arriving
from kernel_worker.agent.board import Board
from kernel_worker.agent.chunks import in_chunks
from kernel_worker.agent.content import Content
from kernel_worker.agent.desk import Ahead, Desk
from kernel_worker.agent.patience import RETRY_S, Patience
from kernel_worker.agent.published import Published, StagedFile, new_artifact
from kernel_worker.agent.refusals import AWAY, Refused
from kernel_worker.agent.spares import link
from kernel_worker.agent.staging import Staging
from kernel_worker.agent.staging_ahead import StagingAhead
from kernel_worker.agent.taking import checked_size, copy
from kernel_worker.agent.transfers import Store
from kernel_worker.agent.uploads import Uploads

ASK_S = 30.0
AHEAD_S = 20.0
"""An answer that nobody takes is gone after a minute."""
UNRECORDED = "what this cell published is stored, but could not be made visible; run it again"


@dataclass(slots=True)
class Around:
    """Of one execution. ``say`` sends an event to pages, ``tell`` a sentence to the cell's log.

    ``owner_uid`` is that of the runner's files. ``ended``: nobody waits for an answer any more.
    """

    execution_id: str
    owner_uid: int
    desk: Desk
    store: Store
    content: Content
    staging: Staging
    uploads: Uploads
    board: Board
    say: Callable[[Any], object]
    tell: Callable[[str], object]
    view: Ahead | None = None
    ahead: StagingAhead = field(init=False)
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.ahead = StagingAhead(lambda artifacts: self.stage(artifacts, self.ask))

    def stage(self, artifacts: Sequence[Published], ask: Callable[[Any], object]) -> None:
        """Have the desk stage stored artifacts, in as many questions as it takes. Raises as ``ask`` does."""
        for chunk in in_chunks((plain(new_artifact(one)) for one in artifacts), MOST_STAGED):
            staged: Any = chunk  # as plain data already
            if staged:
                ask(StageArtifacts(self.execution_id, staged))

    def record(self, request: Any) -> dict[str, Any]:
        """The desk's answer to what ends the execution. Raises as ``ask``."""
        patience = Patience(UNRECORDED, RETRY_S)
        return patience.persist(lambda: self.desk.ask(request))

    def ask(self, request: Any, retry_s: float = ASK_S) -> dict[str, Any]:
        """The desk's answer to what may be asked twice.

        Raises:
            Refused: with the type and words that user code gets.
            StorageFailed: no answer within ``retry_s``.
        """
        patience = Patience("the control plane did not answer", retry_s, self.ended.is_set)
        return patience.persist(lambda: self.desk.ask(request))

    def look(self, again: bool = False) -> Board:
        """The board, with what the execution may read; ``again``: with new addresses."""
        if self.board.view is None or again:
            self.board.look_again(build(FlowView, self._answer_ahead() or self._look()))
        return self.board

    def _look(self) -> dict[str, Any]:
        return self.ask(ViewFlow(self.execution_id))

    def _answer_ahead(self) -> dict[str, Any] | None:
        """What was asked as the execution began, if its answer is still there and good."""
        view, self.view = self.view, None
        if view is None or time.monotonic() - view.at > AHEAD_S:
            return None
        try:
            return self.desk.answer_to(view)
        except HuskError:
            return None

    def expect(self, fd: int, what: str) -> StagedFile:
        """A file of the runner's that is about to be taken.

        Raises:
            Refused: it is no file that may be taken.
        """
        size = checked_size(fd, self.owner_uid, what)
        self.uploads.make_room(size)
        return StagedFile(uuid.uuid4().hex, size, what)

    def take(self, fd: int, file: StagedFile, stored: Callable[[], object] = lambda: None) -> None:
        """Link or copy it to the staging folder. A large copy is uploaded meanwhile, see ``keep``.

        Raises:
            Refused: it cannot be read, or there is no room.
        """
        if link(fd, file.size, self.uploads.path(file)):
            return
        if file.size >= FROM_BYTES:
            file.arriving = Arriving(file.size)
            self.uploads.add(file, stored)
        try:
            self._copy(fd, file)
        except BaseException:
            file.unwanted = True
            raise
        finally:
            if file.arriving is not None:
                file.arriving.end()

    def keep(self, file: StagedFile, stored: Callable[[], object] = lambda: None) -> None:
        """Have a file that was taken stored; ``stored`` is called then."""
        if file.arriving is None:
            self.uploads.add(file, stored)

    def forget(self, file: StagedFile) -> None:
        """A file that was taken is not wanted."""
        file.unwanted = True
        self.uploads.path(file).unlink(missing_ok=True)

    def place(self, fd: int, file: StagedFile) -> None:
        """Link or copy it to the staging folder, for who stores it itself. Raises as ``take``."""
        if not link(fd, file.size, self.uploads.path(file)):
            self._copy(fd, file)

    def _copy(self, fd: int, file: StagedFile) -> None:
        target, arriving = self.uploads.path(file), file.arriving
        arrived = (lambda _there: None) if arriving is None else arriving.progress
        try:
            copy(fd, file.size, target, file.what, arrived)
        except Refused as error:
            begun = arriving is not None and arriving.there
            if begun or error.kind != AWAY or not self.content.make_room():
                raise
            copy(fd, file.size, target, file.what, arrived)
