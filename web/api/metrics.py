"""Figures for Prometheus. They need an admin's token: they tell what everybody does."""

from __future__ import annotations

from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST

from web.api.documents import binary, resource
from web.context import web
from web.validation.checked import checked

api = resource("metrics", "Figures for Prometheus")


@api.get("/metrics", responses=binary(200, "text/plain", "Prometheus' text format"))
@checked
def metrics() -> Response:
    """Kernels by state, open executions, event streams, requests and their durations."""
    return Response(web().metrics.text(), content_type=CONTENT_TYPE_LATEST)
