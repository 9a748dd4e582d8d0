"""Parameters of the flow, for cells of no run; a node of a run has them in its frame."""

from __future__ import annotations

from collections.abc import Mapping

from kernel_worker.agent.around import Around
from kernel_worker.agent.calls import Asked, Handler


class ParameterCalls:
    """Handlers of one execution."""

    def __init__(self, around: Around) -> None:
        self._around = around

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of call."""
        return {"read_parameters": self._read}

    def _read(self, asked: Asked) -> None:
        view = self._around.look().view
        assert view is not None
        asked.answer({"parameters": view.parameters})
