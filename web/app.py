"""The Flask application. Making it connects to nothing."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.types import SecuritySchemesDict
from werkzeug.middleware.proxy_fix import ProxyFix

from tasks.broker import make_raw_redis
from tasks.figures.waiting import stamp_messages
from tasks.services import Services
from web import errors
from web.api import (
    artifacts,
    audit,
    catalog,
    displays,
    environments,
    events,
    examples,
    executions,
    figures,
    files,
    flow_texts,
    flows,
    health,
    kernels,
    login,
    logs,
    metrics,
    namespaces,
    notebook_files,
    notebooks,
    objects,
    outputs,
    run_comparisons,
    run_groups,
    run_outputs,
    runs,
    runtime,
    schedules,
    sessions,
    shares,
    tokens,
    users,
)
from web.api.docs import docs
from web.api.shapes.basic import ErrorAnswer
from web.auth import csrf, guard
from web.auth.limits import Limits
from web.auth.login import COOKIE, Logins
from web.auth.passwords import Passwords
from web.context import KEY, Web, web
from web.facts import Facts
from web.figures import Figures
from web.kernel_ids import KernelIds
from web.live.reader import Reader
from web.live.slots import Slots
from web.live.streams import Streams
from web.metrics import Metrics
from web.owners import Owners
from web.pages import flower, headers
from web.pages.built import Built
from web.pages.spa import pages
from web.probe import Probe
from web.resolves import Resolves

RESOURCES = (
    *(login, sessions, users, tokens, audit),
    *(kernels, environments, shares, executions, objects, displays, events, namespaces, files),
    *(flows, flow_texts, notebooks, notebook_files, outputs, artifacts, catalog, logs),
    *(runs, run_outputs, run_comparisons, run_groups, schedules),
    *(runtime, health, metrics, figures, examples),
)
ABOUT = Info(title="Husk", version="1", description="Python kernels, their cells and files.")
SCHEMES: SecuritySchemesDict = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token: `husk token create`"},
    "session": {
        **{"type": "apiKey", "in": "cookie", "name": COOKIE},
        "description": f"A browser's login; every change needs its token in `{csrf.HEADER}`, too",
    },
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
    _behind(app, services.settings.web_proxies)
    app.before_request(_begin)
    errors.install(app)
    guard.install(app)
    for resource in RESOURCES:
        app.register_api(resource.api)
    for part in (docs, pages, flower.flower):
        app.register_blueprint(part)
    headers.install(app)
    app.after_request(_count)
    return app


def _behind(app: Flask, proxies: int) -> None:
    if proxies:
        fixed = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
        app.wsgi_app = fixed  # type: ignore[method-assign]


def _parts(services: Services) -> Web:
    raw = make_raw_redis(services.settings)
    slots = Slots(services.settings.web_streams)
    reader = Reader(raw)
    owners = Owners(services.ledger)
    stamp_messages()
    return Web(
        services=services,
        raw=raw,
        slots=slots,
        streams=Streams(reader, slots),
        logins=Logins(services.ledger),
        limits=Limits(services.redis, services.settings),
        passwords=Passwords(),
        reader=reader,
        owners=owners,
        kernel_ids=KernelIds(),
        metrics=Metrics(services.ledger, slots),
        probe=Probe(),
        facts=Facts(),
        figures=Figures(services, owners, slots),
        pages=Built(),
        resolves=Resolves(services.settings.web_threads),
    )


def _begin() -> None:
    g.began_at = time.perf_counter()


def _count(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began_at", time.perf_counter())
    web().metrics.request(request.method, request.endpoint or "none", response.status_code, seconds)
    return response
