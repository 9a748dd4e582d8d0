"""Jupyter's files, good and hostile, as notebooks, and notebooks as files that nbformat takes."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import nbformat
import pytest

from broker_config.wire.errors import BadField
from web import ipynb
from web.ipynb import Cell
from web.ipynb.reading import MOST_CELLS, MOST_LINES, MOST_OUTPUTS
from web.validation.json_text import parse_object

XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "</title><svg/onload=alert(1)>",
]
PIXEL = base64.b64encode(b"\x89PNG not really").decode()
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["\x1b[31mline\x1b[0m"]}
FIGURE = {"data": [{"y": [1, 2]}], "layout": {"title": {"text": "t"}}}
SHOWN = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"image/png": PIXEL, "text/plain": "<Figure>", "application/vnd.plotly.v1+json": FIGURE},
}
OUTPUTS: list[dict[str, Any]] = [
    {"output_type": "stream", "name": "stdout", "text": "a\nb\n"},
    SHOWN,
    {
        "output_type": "execute_result",
        "metadata": {},
        "execution_count": 3,
        "data": {"text/html": "<b>1</b>"},
    },
    ERROR,
]


def file_of(*cells: Any, minor: int = 5, **more: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": list(cells), **more}


def code(source: Any = "1", outputs: Any = (), **more: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": "c1", "metadata": {}, "source": source, "execution_count": None}
    return {**cell, "outputs": list(outputs), **more}


def text(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "m1", "metadata": {}, "source": source, **more}


def written(cells: list[Cell]) -> dict[str, Any]:
    """The file, which nbformat takes as it is, also after a way through text."""
    file = json.loads(json.dumps(ipynb.write("T", cells)))
    before = copy.deepcopy(file)
    nbformat.validate(file)
    assert file == before
    return dict(file)


def test_what_is_written_is_read_again_with_its_cells_and_outputs() -> None:
    cells = [
        Cell("a", "code", "1 + 1", OUTPUTS, 3),
        Cell("b", "markdown", "# *T*", []),
        Cell("c", "code", "", []),
    ]
    again = ipynb.read(written(cells))
    assert (again.title, list(again.cells)) == ("T", cells)
    assert ipynb.write(again.title, again.cells) == ipynb.write("T", cells)


def test_lines_are_joined_but_those_of_json_and_of_tracebacks_stay() -> None:
    bundle = {"text/plain": ["a\n", "b"], "application/json": ["x", "y"], "application/x+json": ["z"]}
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["1\n", "2"]},
        {"output_type": "display_data", "data": bundle, "metadata": {}},
        {**ERROR, "traceback": ["a", "b"]},
    ]
    (cell,) = ipynb.read(file_of(code(["x = 1\n", "x"], outputs))).cells
    assert cell.source == "x = 1\nx"
    assert cell.outputs[0]["text"] == "1\n2"
    assert cell.outputs[1]["data"] == {
        **{"text/plain": "a\nb", "application/json": ["x", "y"], "application/x+json": ["z"]}
    }
    assert cell.outputs[2]["traceback"] == ["a", "b"]


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4, 5, 6, 10**9])
def test_every_minor_of_format_4_is_read_and_cells_get_ids_that_differ(minor: int) -> None:
    cells = [code("1"), code("2"), text("3")]
    for cell in cells:
        del cell["id"]
    found = ipynb.read(file_of(*cells, code("4", id="keep"), code("5", id="keep"), minor=minor)).cells
    assert [one.source for one in found] == list("12345")
    assert found[3].id == "keep"
    assert len({one.id for one in found}) == 5


def test_a_file_of_format_3_is_read() -> None:
    outputs = [
        {"output_type": "stream", "stream": "stderr", "text": ["old\n", "one"]},
        {"output_type": "pyout", "prompt_number": 2, "text": "2", "html": "<i>2</i>", "metadata": {}},
        {"output_type": "display_data", "png": PIXEL, "json": '{"a": [1]}', "metadata": {}},
        {"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": ["t"]},
    ]
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "x"},
        "worksheets": [
            {"cells": [{"cell_type": "heading", "level": 2, "source": ["He\n", "ad"], "metadata": {}}]},
            {
                "cells": [
                    {
                        **{"cell_type": "code", "language": "python", "input": ["a = 1\n", "a"]},
                        **{"collapsed": False, "metadata": {}, "prompt_number": 2, "outputs": outputs},
                    },
                    {"cell_type": "markdown", "source": "*m*"},
                ]
            },
        ],
    }
    head, cell, last = ipynb.read(old).cells
    assert (head.kind, head.source) == ("markdown", "## He ad")
    assert (cell.source, cell.execution_count, last.source) == ("a = 1\na", 2, "*m*")
    assert cell.outputs[0] == {"output_type": "stream", "name": "stderr", "text": "old\none"}
    assert cell.outputs[1]["data"] == {"text/plain": "2", "text/html": "<i>2</i>"}
    assert cell.outputs[2]["data"] == {"image/png": PIXEL, "application/json": '{"a": [1]}'}
    assert cell.outputs[3]["output_type"] == "error"
    written(list(ipynb.read(old).cells))


def test_a_raw_cell_becomes_text_in_a_fence_that_it_does_not_close() -> None:
    (cell,) = ipynb.read(
        file_of({"cell_type": "raw", "id": "r", "metadata": {}, "source": "a\n```\nb"})
    ).cells
    assert (cell.kind, cell.source) == ("markdown", "````\na\n```\nb\n````")


def test_an_attached_picture_becomes_part_of_the_text() -> None:
    attached = {"p.png": {"image/png": PIXEL}, "x": {"text/html": "<script>"}}
    source = "![p](attachment:p.png) ![x](attachment:x)"
    (cell,) = ipynb.read(file_of(text(source, attachments=attached))).cells
    assert cell.source == f"![p](data:image/png;base64,{PIXEL}) ![x](attachment:x)"


def test_a_picture_that_is_named_often_does_not_make_the_text_grow() -> None:
    attached = {"p": {"image/png": "A" * 100_000}}
    (cell,) = ipynb.read(file_of(text("![](attachment:p)" * 10_000, attachments=attached))).cells
    assert len(cell.source) < 300_000


@pytest.mark.parametrize("bad", XSS)
def test_markup_stays_the_data_that_it_is(bad: str) -> None:
    shown = {
        "output_type": "display_data",
        "metadata": {bad: bad},
        "data": {"text/html": bad, "text/plain": bad},
    }
    outputs = [{"output_type": "stream", "name": bad, "text": bad}, shown, {**ERROR, "ename": bad}]
    file = ipynb.read(file_of(code(bad, outputs), text(bad), metadata={"title": bad}))
    assert file.title == bad
    assert [one.source for one in file.cells] == [bad, bad]
    assert file.cells[0].outputs == outputs
    again = ipynb.read(written(list(file.cells)))
    assert again.cells == file.cells


def test_a_title_is_bounded_and_without_control_characters() -> None:
    assert (
        ipynb.read(file_of(metadata={"title": "a\x1b[31m\u202eb" + "x" * 500})).title == "a[31mb" + "x" * 192
    )
    assert ipynb.read(file_of(metadata={"title": ["a"]})).title == ""


@pytest.mark.parametrize(
    "file",
    [
        {},
        {"nbformat": 4},
        {"nbformat": "4", "cells": []},
        {"nbformat": True, "cells": []},
        {"nbformat": 1, "cells": []},
        {"nbformat": 2, "worksheets": []},
        {"nbformat": 5, "cells": []},
        {"nbformat": 3},
        {"nbformat": 3, "worksheets": {}},
        {"nbformat": 3, "worksheets": [1]},
        {"nbformat": 3, "worksheets": [{"cells": 1}]},
        {"nbformat": 3, "worksheets": [{"cells": [1]}]},
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code"}]}]},
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "source": "x", "level": -1}]}]},
        file_of(1),
        file_of(None),
        file_of([]),
        {**file_of(), "cells": {"a": 1}},
        file_of({}),
        file_of({"cell_type": "code\u0000"}),
        file_of({"cell_type": ["code"]}),
        file_of({"cell_type": "heading", "source": "x"}),
        file_of(code(5)),
        file_of(code([1, 2])),
        file_of(code(None)),
        file_of(code("1", execution_count="1")),
        file_of(code("1", execution_count=-1)),
        file_of({**code(), "outputs": {}}),
        file_of(code("1", [1])),
        file_of(code("1", [{}])),
        file_of(code("1", [{"output_type": "magic"}])),
        file_of(code("1", [{"output_type": "stream", "name": "stdout"}])),
        file_of(code("1", [{"output_type": "stream", "name": "stdout", "text": [["a"]]}])),
        file_of(code("1", [{"output_type": "display_data", "data": []}])),
        file_of(code("1", [{"output_type": "display_data", "data": {"text/plain": {"a": 1}}}])),
        file_of(code("1", [{**ERROR, "traceback": "text"}])),
        file_of(code("1", [{**ERROR, "traceback": [1]}])),
        file_of(text("x", attachments=[])),
        file_of(text("x", attachments={"a": {"image/png": 1}})),
    ],
    ids=lambda file: json.dumps(file)[:60],
)
def test_what_is_no_notebook_is_refused_in_words(file: dict[str, Any]) -> None:
    with pytest.raises(BadField) as refused:
        ipynb.read(file)
    assert refused.value.field
    assert 10 < len(refused.value.message) < 500


def test_too_much_of_anything_is_refused_before_it_is_looked_at() -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": "x"}
    lines = {**ERROR, "traceback": [""] * (MOST_LINES + 1)}
    for file in (
        file_of(*[text("x")] * (MOST_CELLS + 1)),
        file_of(code("1", [stream] * (MOST_OUTPUTS + 1))),
        file_of(*[code("1", [stream] * 101)] * (MOST_OUTPUTS // 100)),
        file_of(code("1", [lines])),
        {"nbformat": 3, "worksheets": [{"cells": []}] * (MOST_CELLS + 1)},
        {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "markdown", "source": "x"}] * 1001}] * 2},
    ):
        with pytest.raises(BadField, match="at most"):
            ipynb.read(file)


def test_a_heading_of_a_billion_levels_is_one_of_six() -> None:
    cell = {"cell_type": "heading", "source": "x", "level": 10**9}
    (found,) = ipynb.read({"nbformat": 3, "worksheets": [{"cells": [cell]}]}).cells
    assert found.source == "###### x"


@pytest.mark.parametrize(
    "bad", ["[" * 900 + "]" * 900, "[" * 9_000, '"\\u0000"', '"\\ud800"', "NaN", "1e999", ""]
)
def test_json_within_a_text_of_format_3_is_refused_or_can_be_kept(bad: str) -> None:
    output = {"output_type": "display_data", "json": bad, "metadata": {}}
    cell = {"cell_type": "code", "language": "python", "input": "1", "outputs": [output]}
    try:
        (found,) = ipynb.read({"nbformat": 3, "worksheets": [{"cells": [cell]}]}).cells
    except BadField:
        return
    parse_object(json.dumps({"outputs": found.outputs}).encode())


def test_outputs_of_one_cell_are_checked_alone() -> None:
    assert ipynb.checked_outputs([{"output_type": "stream", "name": "o", "text": ["a", "b"]}], "x") == [
        {"output_type": "stream", "name": "o", "text": "ab"}
    ]
    with pytest.raises(BadField) as refused:
        ipynb.checked_outputs([{"output_type": "stream"}], "cells[4].outputs")
    assert refused.value.field == "cells[4].outputs"


# Of executions ----------------------------------------------------------------------------------

PREFIX = "k/AAAAAAAAAAAA/"
EXECUTION = "AAAAAAAAAAAA-11111111-1111-4111-8111-111111111111"


def shown(data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "display", "display_id": "d", "title": "", "data": data, **more}


def outputs_of(*items: dict[str, Any], error: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    found = ipynb.outputs_of(EXECUTION, PREFIX, items, error)
    written([Cell("a", "code", "1", found, 1)])
    return found


def test_an_executions_output_is_nbformats_in_the_order_of_writing() -> None:
    def stream(name: str, piece: str, kind: str = "stream") -> dict[str, Any]:
        return {"kind": kind, "name": name, "text": piece}

    failed = {"type": "ValueError", "message": "bad", "traceback": ["one", "two"], "line": 1}
    found = outputs_of(
        *(stream("stdout", "a"), stream("stdout", "9 bytes", "skipped"), stream("stdout", "b")),
        *(stream("stderr", "c"), shown({"text/plain": "2"}, title="T"), shown({"text/html": "<b>"})),
        stream("stdout", ""),
        error=failed,
    )
    assert found == [
        {"output_type": "stream", "name": "stdout", "text": "a\n[9 bytes]\nb"},
        {"output_type": "stream", "name": "stderr", "text": "c"},
        {"output_type": "display_data", "data": {"text/plain": "2"}, "metadata": {"title": "T"}},
        {"output_type": "display_data", "data": {"text/html": "<b>"}, "metadata": {}},
        {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["one", "two"]},
    ]
    assert outputs_of() == []


def test_a_table_and_a_figure_keep_their_json() -> None:
    table = {"columns": [{"name": "n", "type": "Int64"}], "rows": [[1]], "total_rows": 1, "shown_rows": 1}
    data = {"application/vnd.husk.table+json": table, "application/vnd.plotly.v1+json": FIGURE}
    assert outputs_of(shown(data))[0]["data"] == data


def test_what_is_stored_apart_is_a_line_that_says_where() -> None:
    large = {"ref": f"{PREFIX}d/1", "size": 5_000_000}
    (found,) = outputs_of(shown({"image/png": large, "text/plain": "<Figure>"}))
    where = f"/api/v1/executions/{EXECUTION}/objects/{PREFIX}d/1"
    said = f"image/png (5000000 bytes) is not in this file: it is at {where}"
    assert found["data"] == {"text/plain": f"<Figure>\n{said}"}
    (alone,) = outputs_of(shown({"text/html": large}))
    assert list(alone["data"]) == ["text/plain"]


def test_what_a_kernel_may_say_that_nbformat_does_not_know_is_text() -> None:
    (found,) = outputs_of(shown({"text/plain": {"a": 1}, "image/png": {"ref": "elsewhere"}}))
    assert found["data"] == {"text/plain": '{"a": 1}', "image/png": '{"ref": "elsewhere"}'}


def test_ids_that_the_format_does_not_allow_are_changed_and_stay_apart() -> None:
    ids = ["a.b", "a-b", "a..b", "a.-b", "x" * 64, "c1"]
    file = written([Cell(one, "code", "1", []) for one in ids])
    found = [cell["id"] for cell in file["cells"]]
    assert len(set(found)) == len(ids)
    assert (found[0], found[4], found[5]) == ("a-b", "x" * 64, "c1")
