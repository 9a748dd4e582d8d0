"""Displays: the form of each kind of object, ids, figures, caps."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from broker_config.wire.frames import Clear, Show
from tests.unit.runner.process import Runner

TABLE = "application/vnd.husk.table+json"


def table_of(runner: Runner, code: str) -> dict[str, Any]:
    ran = runner.run(code)
    assert ran.end.error is None
    (data,) = ran.shown
    assert data["text/plain"]
    payload: dict[str, Any] = data[TABLE]
    return payload


def test_a_polars_frame_is_a_table(runner: Runner) -> None:
    code = (
        "import datetime as dt, decimal\n"
        "pl.DataFrame({'i': [1, None], 'f': [float('nan'), 1.5], 'd': [dt.date(2020, 1, 2), None],"
        " 'm': [decimal.Decimal('1.50'), None], 'b': [b'ab', None], 'l': [[1, 2], []],"
        " 's': [{'k': 1}, {'k': 2}]})"
    )
    payload = table_of(runner, code)
    assert [c["name"] for c in payload["columns"]] == ["i", "f", "d", "m", "b", "l", "s"]
    assert payload["columns"][0]["type"] == "Int64"
    assert payload["rows"][0] == [1, None, "2020-01-02", "1.50", "b'ab'", [1, 2], {"k": 1}]
    assert (payload["total_rows"], payload["shown_rows"]) == (2, 2)


def test_a_table_has_at_most_max_rows(runner: Runner) -> None:
    payload = table_of(runner, "display(pl.DataFrame({'a': range(50)}), 'Fifty', 10)")
    assert (payload["total_rows"], payload["shown_rows"], len(payload["rows"])) == (50, 10, 10)
    assert table_of(runner, "pl.DataFrame({'a': range(10_001)})")["shown_rows"] == 10_000


def test_a_pandas_frame_is_a_table_with_its_index(runner: Runner) -> None:
    code = (
        "import pandas as pd\ndays = pd.to_datetime(['2020-01-01', None])\n"
        "pd.DataFrame({'a': [1.5, None], 't': days}, index=['x', 'y'])"
    )
    payload = table_of(runner, code)
    assert payload["rows"] == [["x", 1.5, "2020-01-01T00:00:00"], ["y", None, None]]
    plain = table_of(runner, "pd.DataFrame({'a': [1, 2]})")
    assert [c["name"] for c in plain["columns"]] == ["a"]
    assert table_of(runner, "pd.Series([1, 2], name='s')")["columns"][0]["name"] == "s"


def test_an_arrow_table_is_a_table(runner: Runner) -> None:
    payload = table_of(runner, "import pyarrow as pa\npa.table({'a': [1, None], 'l': [[1], [2]]})")
    assert payload["rows"] == [[1, [1]], [None, [2]]]


def test_a_lazy_frame_shows_its_plan_and_is_not_collected(runner: Runner) -> None:
    ran = runner.run("pl.LazyFrame({'a': [1]}).map_batches(lambda d: 1/0)")
    assert ran.end.status == "succeeded"
    assert "LazyFrame, not collected" in ran.plain[0]


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        ("Total: <b>5</b>", True),
        ("<div class='x'>y</div>", True),
        ("line<br/>", True),
        ("List<int>", False),
        ("a < b > c", False),
        ("<not a tag>", False),
    ],
)
def test_a_string_with_a_known_tag_is_html(runner: Runner, text: str, is_html: bool) -> None:
    ran = runner.run(f"display({text!r})")
    assert ("text/html" in ran.shown[0]) is is_html
    assert ran.plain == [text]
    assert "text/html" not in runner.run(repr(text)).shown[0]


def test_rich_objects_show_what_they_offer(runner: Runner) -> None:
    code = """class Html:
    def _repr_html_(self): return '<i>h</i>'
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {'application/x': {'n': float('nan'), 'm': 1}, 'image/png': b'123'}
class Own:
    def _ipython_display_(self): print('own')
display(Html()); display(Bundle()); display(Own())
Html()"""
    ran = runner.run(code)
    assert ran.shown[0]["text/html"] == "<i>h</i>"
    assert ran.shown[1]["application/x"] == {"n": None, "m": 1}
    assert ran.shown[1]["image/png"] == base64.b64encode(b"123").decode()
    assert ran.shown[2]["text/html"] == "<i>h</i>"
    assert len(ran.shown) == 3
    assert ran.stdout == "own\n"


def test_a_plotly_figure_is_its_json(runner: Runner) -> None:
    code = (
        "members = {'__module__': 'plotly.graph_objs', 'to_json': lambda self: '{\"data\": []}'}\n"
        "type('Figure', (), members)()"
    )
    assert runner.run(code).shown[0]["application/vnd.plotly.v1+json"] == {"data": []}


def test_a_pil_image_is_a_png(runner: Runner) -> None:
    data = runner.run("from PIL import Image\nImage.new('RGB', (2, 2))").shown[0]
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")


def test_several_objects_are_shown_one_after_the_other(runner: Runner) -> None:
    assert runner.run("display(1, 2, [3])").plain == ["1", "2", "[3]"]
    (show,) = runner.run("display(1, 'a title')").of(Show)
    assert (show.title, show.data) == ("a title", {"text/plain": "1"})


def test_displays_are_updated_and_cleared(runner: Runner) -> None:
    code = """from IPython.display import HTML, clear_output, display as other, update_display
handle = other(HTML('<b>1</b>'), display_id='one')
update_display('two', display_id='one')
display(3, display_id='mine').update(4)
flowfile.update_display(5, display_id='mine')
clear_output(wait=True)
flowfile.clear_output()"""
    ran = runner.run(code)
    assert [(s.display_id, s.update) for s in ran.of(Show)] == [
        *(("one", False), ("one", True)),
        *(("mine", False), ("mine", True), ("mine", True)),
    ]
    assert ran.plain[1:] == ["two", "3", "4", "5"]
    assert [c.wait for c in ran.of(Clear)] == [True, False]


def test_figures_are_shown_once_and_closed(runner: Runner) -> None:
    png = "image/png"
    setup = "import matplotlib.pyplot as plt\n"
    left_open = runner.run(f"{setup}figure, axes = plt.subplots()")
    assert [png in data for data in left_open.shown] == [True]
    assert base64.b64decode(left_open.shown[0][png]).startswith(b"\x89PNG")
    assert runner.run("plt.get_fignums()").plain == ["[]"]
    assert len(runner.run("figure, axes = plt.subplots(); display(figure, 'once')").shown) == 1
    assert len(runner.run("figure, axes = plt.subplots()\nfigure").shown) == 1
    assert len(runner.run("for i in range(2):\n    line = plt.plot([i]); plt.show()").shown) == 2
    failed = runner.run("figure, axes = plt.subplots()\n1/0")
    assert failed.end.status == "failed"
    assert len(failed.shown) == 1
    assert runner.run("%matplotlib inline\nn = plt.figure()").end.status == "succeeded"


def test_a_broken_matplotlib_breaks_no_cell(runner: Runner) -> None:
    code = "import matplotlib.pyplot as plt\nf = plt.figure()\nf.savefig = None\nx = 1"
    ran = runner.run(code)
    assert ran.end.status == "succeeded"
    assert "could not be shown" in ran.plain[0]
    code = "old = plt.get_fignums\nplt.get_fignums = lambda: 1/0"
    ran = runner.run(code)
    assert ran.end.status == "succeeded"
    assert "Open figures could not be shown: ZeroDivisionError" in ran.stderr
    assert runner.run("plt.get_fignums = old").end.status == "succeeded"


def test_a_repr_that_raises_is_told_as_text(runner: Runner) -> None:
    ran = runner.run("class Bad:\n    def __repr__(self): raise ValueError('no')\nBad()")
    assert ran.end.status == "succeeded"
    assert ran.plain == ["<Bad: its __repr__ raised ValueError: no>"]
    assert "Bad" in runner.run("display(Bad())").plain[0]


def test_a_display_over_the_cap_is_replaced_by_a_note(runner: Runner) -> None:
    (data,) = runner.run("display('<b>' + 'x' * 17_000_000)").shown
    assert "text/html" not in data
    assert "17000003 bytes" in data["text/plain"]


def test_many_displays_all_come(runner: Runner) -> None:
    assert len(runner.run("for i in range(10_000): display(i)").shown) == 10_000


PLOTLY = """class ExternalRenderer:
    def render(self, fig_dict): raise NotImplementedError
class Renderers(dict):
    default = 'browser'
renderers = Renderers()
"""


def test_show_of_a_plotly_figure_shows_in_the_cell(runner: Runner) -> None:
    folder = runner.home / "plotly" / "io"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").write_text("import json\ndef to_json(f, validate): return json.dumps(f)")
    (folder / "_renderers.py").write_text(PLOTLY)
    code = (
        "from plotly.io import _renderers\nused = _renderers.renderers\n"
        "used[used.default].render({'data': [1]})"
    )
    assert runner.run(code).shown == [
        {"application/vnd.plotly.v1+json": {"data": [1]}, "text/plain": "<Figure>"}
    ]


def test_display_takes_its_object_by_name(runner: Runner) -> None:
    (show,) = runner.run("flowfile.display(obj=[1], title='t')").of(Show)
    assert (show.title, show.data) == ("t", {"text/plain": "[1]"})


def test_a_column_of_any_kind_is_json(runner: Runner) -> None:
    code = (
        "import datetime as dt\n"
        "pl.DataFrame({'f': [1.5, float('inf')], 'big': [2**60, 1], 's': ['é', 'x' * 20_000],"
        " 'n': [None, None], 't': [dt.time(1), None], 'o': [{'a': float('nan')}, None], 'b': [True, None]})"
    )
    rows = table_of(runner, code)["rows"]
    assert rows[0] == [1.5, str(2**60), "é", None, "01:00:00", {"a": None}, True]
    assert rows[1][:2] == [None, 1]
    assert len(rows[1][2]) < 11_000
    assert table_of(runner, "pl.DataFrame()")["rows"] == []


def test_a_table_over_the_cap_is_cut_by_rows(runner: Runner) -> None:
    payload = table_of(runner, "pl.DataFrame({'s': ['x' * 9_000] * 5_000})")
    assert (payload["total_rows"], payload["shown_rows"]) == (5_000, len(payload["rows"]))
    assert 1_000 < payload["shown_rows"] < 1_200
