"""Shows objects: picks the form, sends the frame."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from broker_config.wire.codec import encode_tagged
from broker_config.wire.frames import Clear, Show
from kernel_worker.runner.display.fitting import fit, with_data
from kernel_worker.runner.display.html import html_bundle
from kernel_worker.runner.display.pictures import Figures, image_bundle, plotly_bundle
from kernel_worker.runner.display.tables import table_bundle
from kernel_worker.runner.outbox import Outbox
from kernel_worker.runner.text import clean, safe_str

if TYPE_CHECKING:
    from kernel_worker.runner.display.hooks import BundleFormatter

MAX_ROWS = 10_000
PLAIN = (int, float, bool, complex, str, bytes, list, tuple, dict, set, frozenset)


class Presenter:
    """One per runner: displays of all flows go this way."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.figures = Figures()

    def bundle(self, obj: Any, formatter: BundleFormatter, max_rows: int = MAX_ROWS) -> dict[str, Any]:
        """Mime bundle of an object that is displayed; empty when the object showed itself."""
        made = self._special(obj, max_rows)
        if made is None:
            made = html_bundle(obj, max_rows)
        if made is not None:
            return made
        return formatter.rich(obj) if type(obj) not in PLAIN else {"text/plain": safe_str(obj)}

    def value_bundle(self, obj: Any, formatter: BundleFormatter) -> dict[str, Any]:
        """Mime bundle of a cell's last expression: strings, numbers and lists by their repr."""
        if type(obj) in PLAIN:
            return {"text/plain": formatter.plain(obj)}
        return self._special(obj, MAX_ROWS) or formatter.rich(obj, by_repr=True)

    def show(
        self, bundle: dict[Any, Any], title: object = "", display_id: str | None = None, update: bool = False
    ) -> None:
        """Send a bundle; an empty one is not shown, unless it holds the place of an id."""
        if bundle or display_id:
            name = clean(safe_str(display_id), 200) if display_id else os.urandom(8).hex()
            head = encode_tagged(Show(name, clean(safe_str(title), 1000), {}, update))
            self._outbox.send_encoded(with_data(head, fit(bundle)))

    def show_open_figures(self) -> None:
        """Show and close the figures that are still open. A broken figure is told, and breaks nothing."""
        for figure in self.figures.take_open():
            bundle = self._special(figure, 0)
            if bundle:
                self.show(bundle)
        self.figures.take_open()

    def clear(self, wait: bool = False) -> None:
        """Clear what the cell has shown so far; with ``wait``, when the next output comes."""
        self._outbox.send(Clear(bool(wait)))

    def _special(self, obj: Any, max_rows: int) -> dict[str, Any] | None:
        """Pictures and frames. What cannot be drawn is shown as text that says why."""
        try:
            for make in (self.figures.bundle, plotly_bundle, image_bundle, table_bundle):
                made = make(obj, max_rows)
                if made is not None:
                    return made
        except Exception as error:
            why = clean(f"{type(error).__name__}: {safe_str(error)}", 2000)
            return {"text/plain": f"<{type(obj).__name__}: it could not be shown: {why}>"}
        return None
