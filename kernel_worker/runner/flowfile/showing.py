"""``display`` and what belongs to it."""

# mypy: allow-untyped-calls
# IPython has few types.
from __future__ import annotations

import os
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle

from kernel_worker.runner.display.presenter import MAX_ROWS, Presenter
from kernel_worker.runner.flowfile.session import session


def display(
    *objs: Any,
    title: str = "",
    max_rows: int = MAX_ROWS,
    display_id: str | bool | None = None,
    update: bool = False,
    **options: Any,
) -> DisplayHandle | None:
    """Show an object in the cell's output.

    Matplotlib's figures and PIL's images are shown as PNG, plotly's figures stay interactive, frames of
    Polars and pandas and Arrow tables become a grid, a string that holds a known HTML tag is shown as HTML,
    other objects as they say themselves (``_repr_html_`` and its like), else as ``str(obj)``. Several
    objects, as in IPython, are shown one after the other. The options of ``IPython.display.display``
    (``display_id``, ``update``, ``raw``, ``clear``, ``include``, ``exclude``) work as there.

    Args:
        obj: what is shown.
        title: a line above it.
        max_rows: how many rows of a table are shown; the grid says how many there are.
        display_id: a name for ``update_display``; True makes one.

    Returns:
        A handle with ``update(obj)`` if a ``display_id`` was asked for, else None.

    Example:
        fig, ax = plt.subplots()
        ax.bar(["A", "B", "C"], [10, 20, 15])
        flowfile.display(fig, title="Sales Chart")
    """
    if "obj" in options:  # by its documented name
        objs = (options.pop("obj"), *objs)
    objs, title, max_rows = _as_flowfile(objs, title, max_rows)
    presenter = session().presenter
    if options.get("clear"):
        presenter.clear(wait=True)
    name = os.urandom(16).hex() if display_id is True else display_id
    if update and not name:
        raise TypeError("display_id required for update_display")
    for obj in objs:
        presenter.show(_bundle(presenter, obj, max_rows, options), title, name or None, update)
    if not objs and name:
        presenter.show({}, title, name, update)
    return DisplayHandle(name) if name else None


def _as_flowfile(objs: tuple[Any, ...], title: str, max_rows: int) -> tuple[tuple[Any, ...], str, int]:
    """Positional arguments as ``display(obj, title, max_rows)`` where they fit that."""
    if len(objs) not in (2, 3) or type(objs[1]) is not str:
        return objs, title, max_rows
    if len(objs) == 3 and type(objs[2]) is not int:
        return objs, title, max_rows
    return objs[:1], objs[1], objs[2] if len(objs) == 3 else max_rows


def _bundle(presenter: Presenter, obj: Any, max_rows: int, options: dict[str, Any]) -> dict[str, Any]:
    if options.get("raw"):
        return dict(obj)
    formatter: Any = InteractiveShell.instance().display_formatter
    made = presenter.bundle(obj, formatter, max_rows)
    include, exclude = options.get("include"), options.get("exclude") or ()
    return {m: v for m, v in made.items() if (not include or m in include) and m not in exclude}


def update_display(obj: Any, *, display_id: str, **options: Any) -> None:
    """Replace what was displayed under an id, where it stands.

    Args:
        obj: what is shown now.
        display_id: as it was given to ``display``.

    Example:
        flowfile.display("starting", display_id="state")
        flowfile.update_display("half done", display_id="state")
    """
    display(obj, display_id=display_id, update=True, **options)


def clear_output(wait: bool = False) -> None:
    """Clear what the cell has shown so far.

    Args:
        wait: clear only when the next output comes, so that nothing flickers.

    Example:
        flowfile.clear_output(wait=True)
    """
    session().presenter.clear(wait)
