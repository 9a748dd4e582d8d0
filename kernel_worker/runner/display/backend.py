"""Matplotlib backend: Agg, whose ``plt.show()`` shows in the cell."""

from __future__ import annotations

from typing import Any

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kernel_worker.runner.flowfile.session import session_or_none

NAME = "module://kernel_worker.runner.display.backend"


class FigureManager(FigureManagerBase):
    """Its ``pyplot_show`` is what ``plt.show`` calls."""

    @classmethod
    def pyplot_show(cls, *, block: Any = None) -> None:
        """Show and close the open figures; nothing in a child process, which has no page."""
        session = session_or_none()
        if session is not None:
            session.presenter.show_open_figures()


class FigureCanvas(FigureCanvasAgg):
    """Agg's canvas with our manager."""

    manager_class = FigureManager
