"""Whether the server is alive and ready, for load balancers and `husk status`; needs no token."""

from __future__ import annotations

from typing import Literal

from flask import Response

from web.answers import json_answer
from web.api.documents import answers, resource
from web.context import services, web
from web.validation.checked import checked
from web.validation.fields import Shape

api = resource("health", "Alive and ready", public=True)


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"]


class Ready(Shape):
    """All that it needs answers."""

    status: Literal["ok"]
    database: Literal["ok"]
    redis: Literal["ok"]
    store: Literal["ok"]


@api.get("/health", responses=answers(200, Alive))
@checked
def health() -> Response:
    """The process answers."""
    return json_answer({"status": "ok"})


@api.get("/ready", responses=answers(200, Ready))
@checked
def ready() -> Response:
    """Database, Redis and a real put and get of the object store answer; else 503 says which does not."""
    web().probe.check(services())
    return json_answer({"status": "ok", "database": "ok", "redis": "ok", "store": "ok"})
