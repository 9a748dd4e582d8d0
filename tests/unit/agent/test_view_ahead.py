"""Which cells have what they may read asked before they begin."""

from __future__ import annotations

from typing import Any

import pytest

from broker_config.wire.events import Request, unpack
from broker_config.wire.messages import ExecuteCell
from kernel_worker.agent.desk import Desk
from kernel_worker.agent.view_ahead import LOOKED_AT, view_ahead

NO_CLIENT: Any = None


def asked(code: str) -> Request | None:
    cell = ExecuteCell("x", code, "f", "n", True, None, None, None, False)
    ahead = view_ahead(Desk(NO_CLIENT, "uid"), cell)
    if ahead is None:
        return None
    body = unpack(ahead.command[-1]).body
    assert isinstance(body, Request)
    assert body.request == ahead.request
    return body


@pytest.mark.parametrize(
    "code",
    [
        "flowfile.read_input()",
        "from flowfile import *\nread_inputs()['main']",
        "ff.publish_output(df)",
        "publish_artifact('x', 1)",
        "flowfile.list_artifacts()",
        "flowfile.delete_artifact('x')",
    ],
)
def test_code_that_names_a_call_has_the_view_asked(code: str) -> None:
    request = asked(code)
    assert request is not None
    assert (request.kind, request.args) == ("view_flow", {"execution_id": "x"})


@pytest.mark.parametrize(
    "code",
    [
        "",
        "1 + 1",
        "flowfile.display(df)\nflowfile.log_info('x')",
        "my_read_input()",
        "flowfile.get_global('model')",
        " " * LOOKED_AT + "flowfile.read_input()",
    ],
)
def test_other_code_asks_nothing(code: str) -> None:
    assert asked(code) is None
