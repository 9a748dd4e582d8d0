"""One question, one answer: data, or why there is none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from broker_config.wire import flows
from broker_config.wire.codec import build, plain
from broker_config.wire.errors import HuskError
from tasks.flow_desk import catalog, files, finalizing, staging, view
from tasks.flow_desk.refusals import refusal_of
from tasks.services import Services

WAITS_FOR_STORE = frozenset({flows.StageArtifacts.KIND, flows.Finalize.KIND, flows.FinalizeGlobal.KIND})
"""Questions whose answer waits for the object store: where that hangs, others must not wait for these."""
LOOKS = 8
"""Objects that are looked up in the store at a time."""

log = logging.getLogger(__name__)


class FlowDesk:
    """Answers what kernels ask about flows; for several threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = ThreadPoolExecutor(LOOKS, "looks")
        self._handlers: dict[str, Callable[[str, Any], Any]] = {
            flows.ViewFlow.KIND: self._view,
            flows.SignArtifact.KIND: self._sign,
            flows.StageArtifacts.KIND: self._stage,
            flows.Finalize.KIND: self._finalize,
            flows.PrepareGlobal.KIND: self._prepare_global,
            flows.FinalizeGlobal.KIND: self._finalize_global,
            flows.FindGlobal.KIND: self._find_global,
            flows.PageGlobal.KIND: self._page_global,
            flows.RemoveGlobal.KIND: self._remove_global,
            flows.ReportDamage.KIND: self._report_damage,
            flows.KernelArtifacts.KIND: self._kernel_artifacts,
        }

    def close(self) -> None:
        """End its threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def knows(self, kind: str) -> bool:
        """Whether a question of this kind is one of these."""
        return kind in self._handlers

    def answer(self, uid: str, kind: str, args: dict[str, Any]) -> dict[str, Any] | flows.Refusal:
        """The answer to a kernel's question as plain data, or why there is none."""
        try:
            asked: Any = build(flows.REQUESTS[kind], args)
            answer: dict[str, Any] = plain(self._handlers[kind](uid, asked))
        except HuskError as error:
            log.info("kernel %s: %s was refused: %s", uid, kind, error.message[:300])
            return refusal_of(error)
        return answer

    def _view(self, uid: str, asked: flows.ViewFlow) -> flows.FlowView:
        return view.view_flow(self._services, uid, asked.execution_id)

    def _sign(self, uid: str, asked: flows.SignArtifact) -> dict[str, Any]:
        return files.sign_artifact(self._services, uid, asked)

    def _stage(self, uid: str, asked: flows.StageArtifacts) -> dict[str, Any]:
        staging.stage(self._services, self._pool, uid, asked)
        return {}

    def _finalize(self, uid: str, asked: flows.Finalize) -> flows.Finalized:
        return finalizing.finalize(self._services, self._pool, uid, asked)

    def _prepare_global(self, uid: str, asked: flows.PrepareGlobal) -> dict[str, Any]:
        return catalog.prepare(self._services, uid, asked)

    def _finalize_global(self, uid: str, asked: flows.FinalizeGlobal) -> dict[str, Any]:
        return catalog.finalize(self._services, self._pool, uid, asked)

    def _find_global(self, uid: str, asked: flows.FindGlobal) -> dict[str, Any]:
        return catalog.find(self._services, uid, asked)

    def _page_global(self, uid: str, asked: flows.PageGlobal) -> dict[str, Any]:
        return catalog.page(self._services, uid, asked)

    def _remove_global(self, uid: str, asked: flows.RemoveGlobal) -> dict[str, Any]:
        return catalog.remove(self._services, uid, asked)

    def _report_damage(self, uid: str, asked: flows.ReportDamage) -> dict[str, Any]:
        return files.report_damage(self._services, uid, asked)

    def _kernel_artifacts(self, uid: str, asked: flows.KernelArtifacts) -> dict[str, Any]:
        return files.kernel_artifacts(self._services, uid, asked.after)
