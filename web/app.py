"""The Flask application. Making it connects to nothing."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.types import SecuritySchemesDict

from tasks.broker_faults import make_raw_redis
from tasks.services import Services
from web import errors
from web.api import (
    events,
    executions,
    files,
    health,
    kernels,
    metrics,
    namespaces,
    objects,
    runtime,
    tokens,
    users,
)
from web.api.docs import docs
from web.api.shapes.common import ErrorAnswer
from web.auth import guard
from web.auth.login import Logins
from web.context import KEY, Web, web
from web.facts import Facts
from web.kernel_ids import KernelIds
from web.live.reader import Reader
from web.live.slots import Slots
from web.metrics import Metrics
from web.owners import Owners
from web.probe import Probe

RESOURCES = (kernels, executions, objects, events, namespaces, files, tokens, users, runtime, health, metrics)
ABOUT = Info(title="Husk", version="1", description="Python kernels, their cells and files.")
SCHEMES: SecuritySchemesDict = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token: `husk token create`"}
}


def make_app(services: Services) -> Flask:
    """The application over these clients."""
    app = OpenAPI(
        "husk",
        info=ABOUT,
        security_schemes=SCHEMES,
        doc_ui=False,
        validation_error_model=ErrorAnswer,
        static_folder=None,
    )
    app.config["MAX_CONTENT_LENGTH"] = services.settings.request_max_bytes
    # `//` in a path is refused by its route, not redirected.
    app.url_map.merge_slashes = False
    app.extensions[KEY] = _parts(services)
    app.before_request(_begin)
    errors.install(app)
    guard.install(app)
    for resource in RESOURCES:
        app.register_api(resource.api)
    app.register_blueprint(docs)
    app.after_request(_count)
    return app


def _parts(services: Services) -> Web:
    raw = make_raw_redis(services.settings)
    slots = Slots(services.settings.web_threads)
    return Web(
        services=services,
        raw=raw,
        slots=slots,
        logins=Logins(services.ledger),
        reader=Reader(raw),
        owners=Owners(services.ledger),
        kernel_ids=KernelIds(),
        metrics=Metrics(services.ledger, slots),
        probe=Probe(),
        facts=Facts(),
    )


def _begin() -> None:
    g.began_at = time.perf_counter()


def _count(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began_at", time.perf_counter())
    web().metrics.request(request.method, request.endpoint or "none", response.status_code, seconds)
    return response
