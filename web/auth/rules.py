"""Who may do what: one table, by endpoint. What does not stand in it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from broker_config.wire.errors import Forbidden
from tasks.ledger.shares import Access, covers
from web.auth.login import Caller


class Role(StrEnum):
    """Role of an account; each may what those before it may."""

    VIEWER = "viewer"  # reads what is shared with them; keeps their own account
    EDITOR = "editor"  # own things; runs kernels
    ADMIN = "admin"  # everything, everybody's


class Scope(StrEnum):
    """What a token may do of what its user may."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route needs: a role; an access to the kernel that it is about; a browser's session."""

    role: Role = Role.VIEWER
    access: Access = Access.VIEWER
    session: bool = False


READS = frozenset({"GET", "HEAD", "OPTIONS"})
ROLES = tuple(Role)
ANYBODY = Rule()
"""Who is logged in: routes that show, and changes of nothing but one's own account."""
EDITORS = Rule(Role.EDITOR)
RUNS = Rule(Role.EDITOR, Access.EDITOR)
OWNS = Rule(Role.EDITOR, Access.OWNER)
ADMINS = Rule(Role.ADMIN)

PUBLIC = frozenset(
    {
        *("health.health", "health.ready", "login.login"),
        *("docs.openapi", "docs.page", "docs.asset"),
        *("pages.home", "pages.page", "pages.asset"),
    }
)
"""The short list: reachable without a login."""

RULES: dict[str, Rule] = {
    "kernels.every": ANYBODY,
    "kernels.one": ANYBODY,
    "kernels.memory_now": ANYBODY,
    "kernels.create": EDITORS,
    "kernels.start": RUNS,
    "kernels.stop": RUNS,
    "kernels.restart": RUNS,
    "kernels.change": OWNS,
    "kernels.delete": OWNS,
    "environments.resolve": EDITORS,
    "environments.lock": ANYBODY,
    "environments.build": ANYBODY,
    "environments.relock": OWNS,
    "shares.every": OWNS,
    "shares.replace": OWNS,
    "executions.every": ANYBODY,
    "executions.one": ANYBODY,
    "executions.several": ANYBODY,
    "executions.submit": RUNS,
    "executions.submit_batch": RUNS,
    "executions.cancel": RUNS,
    "objects.one": ANYBODY,
    "displays.raw": ANYBODY,
    "events.of_execution": ANYBODY,
    "events.of_kernel": ANYBODY,
    "events.of_topics": ANYBODY,
    "namespaces.variables": ANYBODY,
    "namespaces.restart": RUNS,
    "namespaces.clear_outputs": RUNS,
    "namespaces.complete": RUNS,
    "namespaces.inspect": RUNS,
    "namespaces.signature": RUNS,
    "files.every": ANYBODY,
    "files.one": ANYBODY,
    "files.write": EDITORS,
    "files.delete": EDITORS,
    "files.restore": EDITORS,
    "flows.every": ANYBODY,
    "flows.one": ANYBODY,
    "flows.create": EDITORS,
    "flows.save": EDITORS,
    "flows.delete": EDITORS,
    "flows.versions": ANYBODY,
    "flows.version": ANYBODY,
    "flows.schema": ANYBODY,
    "flow_texts.parse": EDITORS,
    "flow_texts.file": ANYBODY,
    "notebooks.every": ANYBODY,
    "notebooks.one": ANYBODY,
    "notebooks.create": EDITORS,
    "notebooks.save": EDITORS,
    "notebooks.delete": EDITORS,
    "notebooks.versions": ANYBODY,
    "notebooks.clear_outputs": EDITORS,
    "notebook_files.read": EDITORS,
    "notebook_files.write": ANYBODY,
    "notebook_files.of_node": ANYBODY,
    "runs.start": EDITORS,
    "runs.every": ANYBODY,
    "runs.one": ANYBODY,
    "runs.node": ANYBODY,
    "runs.cancel": EDITORS,
    "runs.resume": EDITORS,
    "runs.rerun": EDITORS,
    "runs.logs": ANYBODY,
    "runs.prune": EDITORS,
    "run_comparisons.both": ANYBODY,
    "run_outputs.preview": ANYBODY,
    "run_outputs.content": ANYBODY,
    "run_groups.start": EDITORS,
    "run_groups.one": ANYBODY,
    "events.of_run": ANYBODY,
    "schedules.every": ANYBODY,
    "schedules.of_flow": ANYBODY,
    "schedules.one": ANYBODY,
    "schedules.upcoming": ANYBODY,
    "schedules.fired": ANYBODY,
    "schedules.create": EDITORS,
    "schedules.preview": EDITORS,
    "schedules.change": EDITORS,
    "schedules.delete": EDITORS,
    "schedules.trigger": EDITORS,
    "outputs.every": ANYBODY,
    "outputs.preview": ANYBODY,
    "outputs.content": ANYBODY,
    "artifacts.of_all": ANYBODY,
    "artifacts.every": ANYBODY,
    "artifacts.one": ANYBODY,
    "artifacts.delete": OWNS,
    "artifacts.lineage": ANYBODY,
    "artifacts.preview": ANYBODY,
    "artifacts.preview_html": ANYBODY,
    "artifacts.content": ANYBODY,
    "catalog.every": ANYBODY,
    "catalog.namespaces": ANYBODY,
    "catalog.one": ANYBODY,
    "catalog.delete": EDITORS,
    "catalog.version": ANYBODY,
    "catalog.delete_version": EDITORS,
    "catalog.preview": ANYBODY,
    "catalog.preview_html": ANYBODY,
    "catalog.content": ANYBODY,
    "catalog.describe": EDITORS,
    "catalog.promote": EDITORS,
    "catalog.prune": EDITORS,
    "logs.every": ANYBODY,
    "tokens.every": ANYBODY,
    "tokens.create": ANYBODY,
    "tokens.revoke": ANYBODY,
    "sessions.every": ANYBODY,
    "sessions.end": ANYBODY,
    "login.me": ANYBODY,
    "login.logout": ANYBODY,
    "users.me": ANYBODY,
    "users.change": ANYBODY,
    "users.every": ADMINS,
    "users.create": ADMINS,
    "users.link": ADMINS,
    "audit.every": ADMINS,
    "runtime.runtime": ANYBODY,
    "runtime.logs": ANYBODY,
    "examples.every": ANYBODY,
    "examples.late_flights": EDITORS,
    "metrics.metrics": ADMINS,
    "figures.now": ADMINS,
    "figures.dead_letters": ADMINS,
    "figures.discard": ADMINS,
    "figures.discard_all": ADMINS,
    "flower.page": Rule(Role.ADMIN, session=True),
    "flower.tasks": Rule(Role.ADMIN, session=True),
}


def check(caller: Caller, endpoint: str, method: str) -> None:
    """Raise ``Forbidden`` where the caller's role, or the scope of what they came with, does not reach."""
    rule = _rule(endpoint)
    if ROLES.index(Role(caller.user.role)) < ROLES.index(rule.role):
        raise Forbidden(f"this needs the role {rule.role}: ask an admin")
    if rule.session and caller.session is None:
        raise Forbidden("this is for a browser that is logged in, not for tokens")
    if method not in READS and caller.scope != Scope.WRITE:
        raise Forbidden("this token may only read: make one with scope write")


def check_access(endpoint: str, has: Access | None) -> None:
    """Raise ``Forbidden`` where somebody sees a kernel, and may not do this with it."""
    needs = _rule(endpoint).access
    if has is None or not covers(has, needs):
        raise Forbidden(f"you are {has or 'nobody'} of this kernel; this needs {needs}: ask its owner")


def sees_only(endpoint: str) -> bool:
    """Whether a route asks for no more than to see the kernel."""
    return _rule(endpoint).access is Access.VIEWER


def _rule(endpoint: str) -> Rule:
    rule = RULES.get(endpoint)
    if rule is None:
        raise Forbidden("nobody may do this")
    return rule
