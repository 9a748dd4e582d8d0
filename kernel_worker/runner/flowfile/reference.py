"""The reference of ``flowfile``, written from its docstrings: run as a module, it prints the page."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator

from kernel_worker.runner import flowfile

INTRO = """\
# The `flowfile` module

In every cell of a kernel and in every node that runs on one, `flowfile` is there without an import, and so
are its alias `flowfile_ctx`, `pl` (Polars) and `display`. `import flowfile` works too.

This page is written from the module's own docstrings by `make docs-reference`.
"""

SECTIONS = (
    (
        "Inputs and outputs",
        "Tables between the nodes of a flow. The name of an input is the one set on its connection, else the "
        "upstream node's name made to fit (`^[a-z][a-z0-9_]*$`); `main` is everything that comes in.",
        ("read_input", "read_first", "read_inputs", "publish_output"),
    ),
    (
        "Parameters",
        "Values by which runs of one flow differ. Code reads them; they are never put into its text.",
        ("parameters",),
    ),
    (
        "Artifacts of a flow",
        "Python objects that the cells and nodes of one flow share, on any of its kernels; no other flow "
        "sees them. A name belongs to the node that published it, until it is deleted. In a run the same "
        "name may be published once, and what a node does not publish again is removed when it succeeds.",
        ("publish_artifact", "read_artifact", "delete_artifact", "list_artifacts"),
    ),
    (
        "Global artifacts",
        "The catalog: objects with versions, which outlive flows and kernels and are read from all of an "
        "owner's flows. Only a run of a saved flow publishes into it.",
        ("publish_global", "get_global", "list_global_artifacts", "delete_global_artifact"),
    ),
    (
        "Displays",
        "What a cell shows. A cell's last expression is shown like `display` shows it, but a string, a "
        "number or a list by its repr; in a run nothing is shown by itself. Figures of matplotlib that are "
        "open when a cell ends are shown once, unless they were displayed or published.",
        ("display", "update_display", "clear_output", "progress"),
    ),
    (
        "Logs",
        "Lines for the flow's log, as they happen. They never raise. Records of Python's `logging` go the "
        "same way.",
        ("log", "log_info", "log_warning", "log_error"),
    ),
    ("Shared files", "Files that all kernels of an owner see.", ("get_shared_location",)),
    (
        "Errors and warnings",
        "Beside Python's own. `StorageUnavailable` is a `RuntimeError`.",
        ("NotSerializable", "StorageUnavailable", "FlowfileWarning"),
    ),
)
# Where the signature says more than people need.
SHORT = {
    "display": 'display(obj, title="", max_rows=10_000)',
    "update_display": "update_display(obj, display_id)",
    "parameters": 'parameters["name"]',
}
HEADINGS = ("Args", "Returns", "Raises", "Example")
PART = re.compile(rf"^({'|'.join(HEADINGS)}):\n", re.MULTILINE)
ENTRY = re.compile(r"^([\w, ]+): (.*(?:\n {4,}.*)*)", re.MULTILINE)


def render() -> str:
    """The page as Markdown."""
    return "\n".join([INTRO, *_tables(), *_sections()]).rstrip() + "\n"


def _tables() -> Iterator[str]:
    yield "| call | what it does |\n|---|---|"
    for _title, _text, names in SECTIONS:
        for name in names:
            if not inspect.isclass(getattr(flowfile, name)):
                first = _doc(name).partition("\n")[0]
                yield f"| [`{_signature(name, brief=True)}`](#{name}) | {_markdown(first)} |"
    yield ""


def _sections() -> Iterator[str]:
    for title, text, names in SECTIONS:
        yield f"## {title}\n\n{_wrapped(text)}\n"
        for name in names:
            yield f"### {name}\n"
            if not inspect.isclass(getattr(flowfile, name)):
                yield f"```python\n{_signature(name)}\n```\n"
            yield from _described(_doc(name))


def _described(doc: str) -> Iterator[str]:
    first, *rest = PART.split(doc)
    yield f"{_markdown(first.strip())}\n"
    for heading, body in zip(rest[::2], rest[1::2], strict=True):
        text = textwrap.dedent(body).strip("\n")
        if heading == "Example":
            yield f"```python\n{text}\n```\n"
        elif heading == "Returns":
            yield f"*Returns:* {_markdown(text)}\n"
        else:
            title = "Arguments" if heading == "Args" else heading
            yield f"*{title}*\n\n{_entries(text)}\n"


def _entries(text: str) -> str:
    found = ENTRY.findall(text)
    lines = ((names, " ".join(line.strip() for line in what.splitlines())) for names, what in found)
    return "\n".join(f"* {_names(names)}: {_markdown(what)}" for names, what in lines)


def _names(names: str) -> str:
    return ", ".join(f"`{name.strip()}`" for name in names.split(","))


def _doc(name: str) -> str:
    return inspect.getdoc(getattr(flowfile, name)) or ""


def _signature(name: str, brief: bool = False) -> str:
    if name in SHORT:
        return SHORT[name]
    signature = inspect.signature(getattr(flowfile, name))
    shown = ", ".join(_parameter(one, brief) for one in signature.parameters.values())
    returned = "" if brief else f" -> {signature.return_annotation}"
    return f"{name}({shown}){returned}"


def _parameter(one: inspect.Parameter, brief: bool) -> str:
    kind = "" if brief else f": {one.annotation}"
    if one.default is one.empty:
        return f"{one.name}{kind}"
    default = f'"{one.default}"' if isinstance(one.default, str) else repr(one.default)
    return f"{one.name}={default}" if brief else f"{one.name}{kind} = {default}"


def _markdown(text: str) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", text)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 108, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sys.stdout.write(render())
