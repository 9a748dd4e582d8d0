"""IPython's display machinery, led to the presenter."""

# mypy: allow-untyped-calls
# IPython, which this calls up into, has few types.
from __future__ import annotations

import contextlib
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.utils.dir2 import get_real_method

from kernel_worker.runner.text import clean, safe_str

LONGEST_PLAIN = 64 * 1024 * 1024


class BundleFormatter(DisplayFormatter):
    """Formatter of a shell; ``format`` is what ``IPython.display.display`` calls."""

    def format(
        self, obj: Any, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A bundle in our order of forms, and no metadata."""
        shell: Any = self.parent
        made = shell.presenter.bundle(obj, self)
        chosen = {
            mime: value
            for mime, value in made.items()
            if (not include or mime in include) and not (exclude and mime in exclude)
        }
        return chosen, {}

    def rich(self, obj: Any, by_repr: bool = False) -> dict[str, Any]:
        """What the object offers by ``_repr_mimebundle_`` and ``_repr_*_``; else its text."""
        data, _metadata = super().format(obj, exclude={"text/plain"})
        if not data and get_real_method(obj, "_ipython_display_") is not None:
            return {}
        if "text/plain" not in data:
            data["text/plain"] = self.plain(obj) if data or by_repr else safe_str(obj)
        return dict(data)

    def plain(self, obj: Any) -> str:
        """The object's repr as IPython prints it; a repr that raises is told as text."""
        formatter = self.formatters["text/plain"]
        kind: Any = type(formatter)
        unguarded = kind.__call__.__wrapped__  # the guarded one would print a traceback
        try:
            text = unguarded(formatter, obj)
        except Exception as error:
            why = f"{type(error).__name__}: {safe_str(error)}"
            text = f"<{type(obj).__name__}: its __repr__ raised {why}>"
        return clean(safe_str(text), LONGEST_PLAIN)


class ValueHook(DisplayHook):
    """Shows the value of a cell's last expression."""

    def __call__(self, result: Any = None) -> None:
        """Called by Python with the value."""
        self.check_for_underscore()
        if result is None or self._silenced():
            return
        shell: Any = self.shell
        presenter = shell.presenter
        bundle = presenter.value_bundle(result, shell.display_formatter)
        self.update_user_ns(result)
        self.fill_exec_result(result)
        presenter.show(bundle)

    @staticmethod
    def semicolon_at_end_of_expression(expression: str) -> bool:
        """Whether the value is not to be shown. IPython reads every cell token by token to find out."""
        return ";" in expression and bool(DisplayHook.semicolon_at_end_of_expression(expression))

    def _silenced(self) -> bool:
        with contextlib.suppress(Exception):  # a cell that Python accepts and tokenize does not
            return bool(self.quiet())
        return False


class ShowPublisher(DisplayPublisher):
    """Sends what ``IPython.display`` publishes."""

    def publish(self, data: Any, metadata: Any = None, *_args: Any, **options: Any) -> None:
        """Send a bundle; ``transient["display_id"]`` names it, ``update`` replaces that one."""
        display_id = (options.get("transient") or {}).get("display_id")
        self.shell.presenter.show(data, "", display_id, bool(options.get("update")))

    def clear_output(self, wait: bool = False) -> None:
        """Clear what the cell has shown."""
        self.shell.presenter.clear(wait)
