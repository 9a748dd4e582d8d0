"""Every route of the API with values in its path, and bodies that each changing one takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

READS = frozenset({"GET", "HEAD", "OPTIONS"})
BODIES: dict[str, dict[str, Any]] = {
    "kernels.create": {"id": "made"},
    "kernels.change": {"name": "renamed"},
    "environments.resolve": {"packages": []},
    "environments.relock": {"dry_run": True},
    "shares.replace": {"shares": []},
    "executions.submit": {"code": "1"},
    "executions.submit_batch": {"cells": [{"code": "1"}]},
    "executions.cancel": {},
    "namespaces.complete": {"code": "a", "cursor": 1},
    "namespaces.inspect": {"code": "a", "cursor": 1},
    "namespaces.signature": {"code": "a", "cursor": 1},
    "tokens.create": {"name": "made"},
    "users.create": {"name": "made"},
    "users.change": {"role": "viewer"},
    "files.restore": {"restore": 1},
    "flows.create": {"name": "made", "nodes": []},
    "flows.save": {"name": "saved", "nodes": [], "version": 1},
    "flow_texts.parse": {"text": "name: parsed\nnodes: []\n"},
    "notebooks.create": {"name": "made"},
    "notebooks.save": {"name": "saved", "cells": [{"id": "a", "source": "1"}], "version": 1},
    "notebook_files.read": {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []},
    "runs.start": {},
    "runs.prune": {"older_than_days": 1, "keep": 1, "dry_run": False},
    "schedules.create": {"name": "made", "kind": "interval", "spec": {"every_s": 3600}},
    "schedules.preview": {"name": "made", "kind": "interval", "spec": {"every_s": 3600}},
    "schedules.change": {"name": "changed"},
    "run_groups.start": {"matrix": {"year": [2011, 2012]}},
    "catalog.describe": {"tags": ["said"]},
    "catalog.prune": {"keep": 1, "dry_run": False},
    "login.login": {"name": "nobody", "password": "wrong wrong"},
}
QUERIES = {"catalog.delete": "?force=true"}
RAW = frozenset({"files.write", "flower.tasks"})


@dataclass(frozen=True, slots=True)
class Route:
    """A rule with one of its methods; ``names`` are its path's parameters."""

    endpoint: str
    method: str
    rule: str
    names: frozenset[str]

    @property
    def changes(self) -> bool:
        """Whether it is there to change something."""
        return self.method not in READS

    def path(self, values: Mapping[str, Any]) -> str:
        """Its path with these values in it."""
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), self.rule)

    def request(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments of a client's request that is right in form."""
        body: dict[str, Any] = {}
        if self.endpoint in RAW:
            body = {"data": b"x"}
        elif self.endpoint in BODIES:
            body = {"json": BODIES[self.endpoint]}
        path = self.path(values) + QUERIES.get(self.endpoint, "")
        return {"method": self.method, "path": path, **body}


def routes(app: Flask) -> Iterator[Route]:
    """Every route of the URL map, methods that Flask adds included."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods or ()):
            yield Route(rule.endpoint, method, rule.rule, frozenset(rule.arguments))
