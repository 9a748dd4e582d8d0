"""Notebooks over HTTP: saved, in versions, in files, with what their cells put out."""

from __future__ import annotations

import json
from typing import Any

import httpx
import nbformat
import pytest

from tasks.ledger import executions, kernels
from tasks.ledger.endings import Output
from tests.integration.api_fixtures import admin, alice, api, bob, kernel, ready
from tests.integration.api_server import GENERATION, ApiServer
from tests.integration.ledger_rows import NOW, end_with
from tests.integration.published import Published

__all__ = ["admin", "alice", "api", "bob", "kernel", "ready"]

BAD = "<script>alert(1)</script>"
STREAM = {"output_type": "stream", "name": "stdout", "text": "kept\n"}
ITEMS = [{"kind": "stream", "name": "stdout", "text": "fresh\n"}]
CELLS = [{"id": "a", "source": "1"}, {"id": "b", "kind": "markdown", "source": "# T"}]


@pytest.fixture
def notebook(alice: httpx.Client) -> dict[str, Any]:
    """A notebook of alice's with two cells."""
    answer = alice.post("/notebooks", json={"name": "N", "cells": CELLS})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/notebooks/{answer.json()['id']}"
    return dict(answer.json())


def file_of(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": list(cells)}


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "execution_count": 1,
        "outputs": list(outputs),
    }


def run(api: ApiServer, alice: httpx.Client, uid: str, **fields: Any) -> str:
    """A cell that ran and put something out."""
    execution = str(alice.post(f"/kernels/{uid}/executions", json={"code": "1", **fields}).json()["id"])
    with api.services.ledger.write() as session:
        executions.started(session, execution, GENERATION, NOW)
    end_with(api.services.ledger, execution, Output(ITEMS, artifacts={"published": [], "deleted": []}))
    return execution


def texts(file: dict[str, Any]) -> list[str]:
    """Of the streams of each cell."""
    nbformat.validate(file)
    return ["".join(one.get("text", "") for one in cell.get("outputs", ())) for cell in file["cells"]]


def test_a_notebook_comes_back_as_it_was_saved(alice: httpx.Client, notebook: dict[str, Any]) -> None:
    answer = alice.get(f"/notebooks/{notebook['id']}")
    assert (answer.json(), answer.headers["ETag"]) == (notebook, '"1"')
    assert notebook["id"].startswith("nb-")
    assert {
        name: notebook[name] for name in ("name", "owner", "kernel", "kernel_name", "version", "label")
    } == {**{"name": "N", "owner": "alice", "kernel": None, "kernel_name": None, "version": 1, "label": None}}
    assert notebook["cells"] == [
        {"id": "a", "kind": "code", "source": "1", "outputs": None},
        {"id": "b", "kind": "markdown", "source": "# T", "outputs": None},
    ]
    (listed,) = alice.get("/notebooks?limit=1").json()["items"]
    assert listed == {name: value for name, value in notebook.items() if name not in {"cells", "label"}}
    assert listed["cell_count"] == 2


def test_every_save_is_a_version_and_saves_close_together_fold(
    alice: httpx.Client, notebook: dict[str, Any]
) -> None:
    path = f"/notebooks/{notebook['id']}"
    labels = (None, "good", None, None)
    for number, label in enumerate(labels, 1):
        body = {"name": f"N{number}", "cells": CELLS[:1], "label": label}
        saved = alice.put(path, json=body, headers={"If-Match": f'"{number}"'})
        assert saved.status_code == 200, saved.text
        assert (saved.json()["version"], saved.headers["ETag"]) == (number + 1, f'"{number + 1}"')
        assert "cells" not in saved.json()
    told = alice.get(f"{path}/versions").json()["items"]
    assert [(v["version"], v["name"], v["label"], v["cell_count"], v["saved_by"]) for v in told] == [
        (5, "N4", None, 1, "alice"),
        (3, "N2", "good", 1, "alice"),
        (2, "N1", None, 1, "alice"),
    ]
    old = alice.get(f"{path}?version=3")
    assert (old.json()["name"], old.json()["label"], old.headers["ETag"]) == ("N2", "good", '"3"')
    gone = alice.get(f"{path}?version=1")
    assert (gone.status_code, "is not kept" in gone.text) == (404, True)


def test_an_update_over_somebody_elses_is_refused_as_that_of_a_flow(
    alice: httpx.Client, notebook: dict[str, Any]
) -> None:
    path, stale, body = f"/notebooks/{notebook['id']}", {"If-Match": '"1"'}, {"name": "N", "cells": CELLS}
    assert alice.put(path, json={**body, "name": "mine"}, headers=stale).status_code == 200
    for headers, more in ((stale, {}), ({}, {"version": 1})):
        lost = alice.put(path, json={**body, "name": "lost", **more}, headers=headers)
        assert (lost.status_code, lost.json()["error"]["field"]) == (409, "version")
    assert alice.delete(path, headers=stale).status_code == 409
    assert alice.get(path).json()["name"] == "mine"
    assert alice.put(path, json=body, headers={"If-Match": "*"}).json()["version"] == 3
    assert alice.put(path, json={**body, "version": 3}).json()["version"] == 4
    for headers in ({}, {"If-Match": '"x"'}):
        unsaid = alice.put(path, json=body, headers=headers)
        assert (unsaid.status_code, unsaid.json()["error"]["field"]) == (422, "If-Match")


@pytest.mark.parametrize(
    ("field", "cells"),
    [
        ("cells[0].id", [{"id": "ä", "source": "1"}]),
        ("cells[0].id", [{"id": "x" * 65, "source": "1"}]),
        ("cells[1].id", [{"id": "x", "source": "1"}, {"id": "x", "source": "2"}]),
        ("cells[0].kind", [{"id": "x", "kind": "raw", "source": "1"}]),
        ("cells[0].source", [{"id": "x", "source": ["1"]}]),
        ("cells[0].source", [{"id": "x", "source": "a\u0000"}]),
        ("cells[0].outputs", [{"id": "x", "source": "1", "outputs": [{"output_type": "stream"}]}]),
        ("cells", [{"id": f"c{n}", "source": ""} for n in range(2_001)]),
    ],
)
def test_what_is_no_cell_is_refused_by_its_place(
    alice: httpx.Client, notebook: dict[str, Any], field: str, cells: list[Any]
) -> None:
    for answer in (
        alice.post("/notebooks", json={"name": "N", "cells": cells}),
        alice.put(f"/notebooks/{notebook['id']}", json={"name": "N", "cells": cells, "version": 1}),
    ):
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field), answer.text
    assert alice.get(f"/notebooks/{notebook['id']}").json() == notebook


def test_a_cell_may_be_as_large_as_a_body_and_no_larger(api: ApiServer, alice: httpx.Client) -> None:
    large = "x" * (api.services.settings.request_max_bytes - 100_000)
    made = alice.post("/notebooks", json={"name": "N", "cells": [{"id": "a", "source": large}]})
    assert made.status_code == 201
    assert texts(alice.get(f"/notebooks/{made.json()['id']}/ipynb").json()) == [""]
    assert (
        alice.post("/notebooks", json={"name": "N", "cells": [{"id": "a", "source": large * 2}]}).status_code
        == 413
    )


def test_a_kernel_is_named_as_ever_and_one_that_is_deleted_leaves_the_notebook(
    api: ApiServer, alice: httpx.Client, bob: httpx.Client, notebook: dict[str, Any], kernel: dict[str, Any]
) -> None:
    path = f"/notebooks/{notebook['id']}"
    saved = alice.put(path, json={"name": "N", "cells": CELLS, "kernel": kernel["id"], "version": 1}).json()
    assert (saved["kernel"], saved["kernel_name"]) == (kernel["uid"], kernel["name"])
    theirs = bob.post("/notebooks", json={"name": "N", "kernel": kernel["uid"]})
    assert (theirs.status_code, theirs.json()["error"]["field"]) == (422, "kernel")
    with api.services.ledger.write() as session:
        row = kernels.get(session, kernel["uid"])
        assert row is not None
        row.deleted_at = NOW
    left = alice.get(path).json()
    assert (left["kernel"], left["kernel_name"], left["cells"]) == (None, None, notebook["cells"])
    # The page may not know yet: it saves with the kernel that it has.
    again = alice.put(path, json={"name": "N", "cells": CELLS, "kernel": kernel["uid"], "version": 2})
    assert (again.status_code, again.json()["kernel"]) == (200, None)


def test_a_notebook_on_a_shared_kernel_is_its_owners_alone(
    alice: httpx.Client, bob: httpx.Client, admin: httpx.Client, ready: dict[str, Any]
) -> None:
    share = {"shares": [{"user": "bob", "role": "viewer"}]}
    assert alice.put(f"/kernels/{ready['id']}/shares", json=share).status_code == 200
    made = alice.post("/notebooks", json={"name": "hers", "kernel": ready["uid"]}).json()["id"]
    for tail in ("", "/versions", "/ipynb"):
        assert bob.get(f"/notebooks/{made}{tail}").status_code == 404
    assert bob.get("/notebooks?q=hers").json()["items"] == []
    assert admin.get(f"/notebooks/{made}").json()["owner"] == "alice"
    his = bob.post("/notebooks", json={"name": "his", "kernel": ready["uid"]}).json()
    assert his["kernel"] == ready["uid"]
    alice.put(f"/kernels/{ready['id']}/shares", json={"shares": []})
    assert bob.get(f"/notebooks/{his['id']}").json()["kernel"] is None


def test_an_execution_tells_its_cell_and_the_newest_of_each_is_listed(
    api: ApiServer, alice: httpx.Client, notebook: dict[str, Any], ready: dict[str, Any]
) -> None:
    flow = {"flow_id": notebook["id"]}
    path = f"/executions?flow={notebook['id']}"
    run(api, alice, ready["uid"], **flow, cell_id="a")
    newest = run(api, alice, ready["uid"], **flow, cell_id="a")
    cells = [{"code": "2", "cell_id": "b"}, {"code": "3"}]
    batch = alice.post(f"/kernels/{ready['uid']}/batches", json={"cells": cells, **flow}).json()["executions"]
    assert [alice.get(f"/executions/{one['id']}").json()["cell_id"] for one in batch] == ["b", None]
    assert [row["cell_id"] for row in alice.get(path).json()["items"]] == [None, "b", "a", "a"]
    rows = alice.get(f"{path}&latest_per_cell=true").json()["items"]
    assert [(row["id"], row["cell_id"]) for row in rows] == [(batch[0]["id"], "b"), (newest, "a")]
    alone = alice.get("/executions?latest_per_cell=true")
    assert (alone.status_code, alone.json()["error"]["field"]) == (422, "latest_per_cell")
    bad = alice.post(f"/kernels/{ready['uid']}/executions", json={"code": "1", "cell_id": "a b"})
    assert (bad.status_code, bad.json()["error"]["field"]) == (422, "cell_id")


def test_one_idempotency_key_is_of_one_cell(alice: httpx.Client, ready: dict[str, Any]) -> None:
    body = {"code": "1", "idempotency_key": "k", "cell_id": "a"}
    path = f"/kernels/{ready['uid']}/executions"
    first = alice.post(path, json=body).json()["id"]
    assert alice.post(path, json=body).json()["id"] == first
    assert alice.post(path, json={**body, "cell_id": "b"}).status_code == 409


def test_a_file_comes_in_with_its_outputs_and_goes_out_with_them(alice: httpx.Client) -> None:
    shown = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": BAD, "application/json": {"a": 1}},
    }
    text = {"cell_type": "markdown", "metadata": {}, "source": [BAD, "\n"]}
    file = file_of(code(BAD, STREAM, shown), text, title=BAD)
    answer = alice.post("/notebooks/import", json=file)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["name"], made["label"], made["version"]) == (BAD, "as imported", 1)
    assert [(c["kind"], c["source"], c["outputs"]) for c in made["cells"]] == [
        ("code", BAD, [STREAM, shown]),
        ("markdown", BAD + "\n", None),
    ]
    out = alice.get(f"/notebooks/{made['id']}/ipynb")
    assert out.headers["Content-Type"] == "application/json"
    assert out.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%3Cscript%3E")
    again = alice.post("/notebooks/import?name=again", json=out.json()).json()
    assert (again["name"], again["cells"]) == ("again", made["cells"])
    body = {"name": "N", "cells": [{"id": one["id"], "source": one["source"]} for one in made["cells"]]}
    alice.put(f"/notebooks/{made['id']}", json={**body, "version": 1})
    kept = alice.get(f"/notebooks/{made['id']}").json()["cells"]
    assert [one["outputs"] for one in kept] == [[STREAM, shown], None]


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, b"not json"),
        (400, b"[]"),
        (400, b'{"nbformat": 4, "cells": [' + b"[" * 40 + b"]" * 40 + b"]}"),
        (400, b'{"nbformat": 4, "nbformat": 4}'),
        (400, b'{"nbformat": 4, "cells": [NaN]}'),
        (422, b"{}"),
        (422, b'{"nbformat": "4"}'),
        (422, b'{"nbformat": 2, "worksheets": []}'),
        (422, b'{"nbformat": 4, "cells": [1]}'),
        (422, b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\u0000"}]}'),
        (413, b'{"nbformat": 4, "cells": "' + b"x" * 20_000_000 + b'"}'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_notebook_is_refused_in_words(alice: httpx.Client, status: int, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = alice.post("/notebooks/import", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert len(answer.json()["error"]["message"]) > 10


def test_a_file_has_what_each_cell_put_out_last(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    file = file_of(code("1", STREAM), code("2", STREAM), {**code("3"), "id": "kept"})
    made = alice.post("/notebooks/import", json=file).json()
    ids = [one["id"] for one in made["cells"]]
    run(api, alice, ready["uid"], flow_id=made["id"], cell_id=ids[0])
    path = f"/notebooks/{made['id']}/ipynb"
    assert texts(alice.get(path).json()) == ["fresh\n", "kept\n", ""]
    # A cell whose output was erased has none, not the file's again.
    assert alice.delete(f"/kernels/{ready['id']}/namespaces/{made['id']}/outputs").json()["cleared"] == 1
    assert texts(alice.get(path).json()) == ["", "kept\n", ""]


def test_outputs_are_erased_for_good_those_of_the_file_too(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    made = alice.post("/notebooks/import", json=file_of(code("1", STREAM), code("2", STREAM))).json()
    path, a = f"/notebooks/{made['id']}", made["cells"][0]["id"]
    execution = run(api, alice, ready["uid"], flow_id=made["id"], cell_id=a)
    other = run(api, alice, ready["uid"], flow_id="other", cell_id=a)
    assert alice.delete(f"{path}/outputs").json() == {"id": made["id"], "cleared": 1}
    assert alice.get(f"/executions/{execution}").json()["items"] == []
    assert alice.get(f"/executions/{other}").json()["items"] != []
    now = alice.get(path)
    assert [one["outputs"] for one in now.json()["cells"]] == [None, None]
    assert now.headers["ETag"] == '"1"'
    assert texts(alice.get(f"{path}/ipynb").json()) == ["", ""]
    assert alice.delete(f"{path}/outputs").json()["cleared"] == 0


def test_a_file_that_would_be_too_large_says_where_the_rest_is(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    made = alice.post(
        "/notebooks", json={"name": "N", "cells": [{"id": f"c{n}", "source": ""} for n in range(3)]}
    )
    notebook, most = made.json()["id"], api.services.settings.request_max_bytes
    items = [{"kind": "stream", "name": "stdout", "text": "x" * int(most * 0.4)}]
    ran = []
    for n in range(3):
        body = {"code": "1", "flow_id": notebook, "cell_id": f"c{n}"}
        ran.append(alice.post(f"/kernels/{ready['uid']}/executions", json=body).json()["id"])
        end_with(api.services.ledger, ran[-1], Output(items, artifacts={"published": [], "deleted": []}))
    answer = alice.get(f"/notebooks/{notebook}/ipynb")
    assert len(answer.content) < most
    found = texts(answer.json())
    assert [len(one) for one in found[:2]] == [int(most * 0.4)] * 2
    assert found[2].endswith(f"/api/v1/executions/{ran[2]}\n")
    assert alice.post("/notebooks/import", json=answer.json()).status_code == 201


def test_a_deleted_notebook_takes_outputs_artifacts_and_what_waits_with_it(
    api: ApiServer, alice: httpx.Client, notebook: dict[str, Any], ready: dict[str, Any]
) -> None:
    flow = {"flow_id": notebook["id"], "cell_id": "a"}
    hers = Published(api.services, "alice")
    hers.artifact(notebook["id"], "x")
    assert [one["name"] for one in alice.get(f"/flows/{notebook['id']}/artifacts").json()["items"]] == ["x"]
    ended = run(api, alice, ready["uid"], **flow)
    waits = alice.post(f"/kernels/{ready['uid']}/executions", json={"code": "1", **flow}).json()["id"]
    other = alice.post(f"/kernels/{ready['uid']}/executions", json={"code": "1", "cell_id": "a"}).json()["id"]
    assert alice.delete(f"/notebooks/{notebook['id']}").status_code == 204
    assert alice.get(f"/executions/{ended}").json()["items"] == []
    assert alice.get(f"/executions/{waits}").json()["status"] == "cancelled"
    assert alice.get(f"/executions/{other}").json()["status"] == "queued"
    for path in ("", "/versions", "/ipynb"):
        assert alice.get(f"/notebooks/{notebook['id']}{path}").status_code == 404
    assert alice.get(f"/flows/{notebook['id']}/artifacts").status_code == 404
    assert alice.delete(f"/notebooks/{notebook['id']}").status_code == 404


def test_a_notebook_without_artifacts_has_an_empty_list_of_them(
    alice: httpx.Client, bob: httpx.Client, notebook: dict[str, Any]
) -> None:
    assert alice.get(f"/flows/{notebook['id']}/artifacts").json()["items"] == []
    assert bob.get(f"/flows/{notebook['id']}/artifacts").status_code == 404


def test_the_cells_of_a_node_are_a_file_too(
    api: ApiServer, alice: httpx.Client, ready: dict[str, Any]
) -> None:
    cells = [{"id": "c.1", "code": "1"}, {"id": "c2", "code": BAD}]
    nodes = [
        {"id": "a", "name": "Load/it", "settings": {"cells": cells}},
        {"id": "b", "settings": {"code": "2"}},
        {"id": "out", "type": "output"},
    ]
    flow = alice.post("/flows", json={"name": "F", "nodes": nodes}).json()["id"]
    run(api, alice, ready["uid"], flow_id=flow, node_id="b", cell_id="c2")
    run(api, alice, ready["uid"], flow_id=flow, node_id="a", cell_id="c.1")
    answer = alice.get(f"/flows/{flow}/nodes/a/notebook")
    assert answer.headers["Content-Disposition"].endswith("F%20-%20Load-it.ipynb")
    assert texts(answer.json()) == ["fresh\n", ""]
    assert [cell["id"] for cell in answer.json()["cells"]] == ["c-1", "c2"]
    for node in ("out", "zz"):
        assert alice.get(f"/flows/{flow}/nodes/{node}/notebook").status_code == 404
    imported = alice.post("/notebooks/import", json=answer.json()).json()
    assert [json.dumps(one["source"]) for one in imported["cells"]] == ['"1"', json.dumps(BAD)]
