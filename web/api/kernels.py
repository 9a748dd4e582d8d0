"""Kernels: made, seen, changed, and asked to start or end."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from flask import Response, request
from pydantic import AfterValidator, Field

from broker_config.wire.states import DesiredState
from tasks.kernels.broker import wake
from tasks.ledger import kernels, quotas, shares
from tasks.ledger.models import Kernel
from tasks.ledger.session import Session
from tasks.sealed import seal
from web import audit
from web.answers import json_answer
from web.api import intents, kernel_changes, possible, unbuilt
from web.api.documents import answers, resource
from web.api.paths import KernelPath
from web.api.shapes.kernels import KernelList, KernelShape, MemoryShape, memory, show, show_all
from web.auth import rules
from web.context import caller, services, web
from web.live.pulses import newest_pulses
from web.validation.checked import checked
from web.validation.fields import Flag, KernelId, LongName, PageQuery, Seconds, Shape, Strict

api = resource("kernels", "Python with a namespace, a queue and limits of its own")

MOST_ENV = 100
LONGEST_ENV_VALUE = 32_768
MOST_ENV_BYTES = 262_144
RESERVED_ENV = ("HUSK_", "LD_", "PYTHON")
AUTO_RESTART = "Start it again when it fails, after 1, 2, 4 ... 60 s, a bounded number of times in a row"
IDLE_TIMEOUT = "Stop it when no cell ran or waited for so many seconds"


def _env(value: dict[str, str]) -> dict[str, str]:
    if len(value) > MOST_ENV:
        raise ValueError(f"has at most {MOST_ENV} names")
    for name, text in value.items():
        if not (name.isascii() and name.isidentifier()) or len(name) > 200:
            raise ValueError("names are ASCII letters, digits and '_', and start with no digit")
        if name.startswith(RESERVED_ENV):
            raise ValueError(f"names do not start with {', '.join(RESERVED_ENV)}")
        if len(text) > LONGEST_ENV_VALUE or "\0" in text:
            raise ValueError(f"values have at most {LONGEST_ENV_VALUE} characters and no NUL")
    if sum(len(name) + len(text.encode()) for name, text in value.items()) > MOST_ENV_BYTES:
        raise ValueError(f"has at most {MOST_ENV_BYTES} bytes in all")
    return value


Env = Annotated[dict[str, str], AfterValidator(_env)]
Memory = Annotated[float, Field(ge=0.5, le=64, description="Memory limit in GB")]
Cores = Annotated[float, Field(ge=0.5, le=32, description="CPU cores; more than there are is warned of")]
Recovery = Literal["lazy", "eager", "clear"]


class NewKernelBody(Strict):
    """A kernel to make."""

    id: KernelId
    name: LongName | None = Field(None, description="For people; else the id")
    packages: list[Annotated[str, Field(max_length=500)]] = Field([], max_length=200)
    memory_gb: Memory = 2.0
    cpu_cores: Cores = 2.0
    gpu: bool = False
    persistence: bool = True
    recovery_mode: Recovery = "lazy"
    network: Literal["internet", "isolated"] = "internet"
    flavour: Annotated[str, Field(min_length=1, max_length=20)] = "base"
    allow_sdist: bool = False
    auto_restart: bool = Field(False, description=AUTO_RESTART)
    idle_timeout_s: Seconds | None = Field(None, description=IDLE_TIMEOUT)
    env: Env = Field({}, description="Names and values; values are never shown again")


class KernelChange(Strict):
    """What may be changed: the name always, the rest while the kernel is stopped."""

    name: LongName | None = None
    memory_gb: Memory | None = None
    cpu_cores: Cores | None = None
    persistence: bool | None = None
    recovery_mode: Recovery | None = None
    auto_restart: bool | None = Field(None, description=AUTO_RESTART)
    idle_timeout_s: Seconds | None = Field(None, description=f"{IDLE_TIMEOUT}; null: never")
    env: Env | None = None


class ListQuery(PageQuery):
    """Which kernels."""

    all: Flag = Field(False, description="Everybody's, for an admin")


class MemoryAnswer(Shape):
    """A kernel's memory; null while it does not run."""

    memory: MemoryShape | None


def find(ref: str) -> Kernel:
    """The kernel that the caller means; raises ``NotFound`` for somebody else's."""
    with services().ledger.read() as session:
        return find_in(session, ref)


def find_in(session: Session, ref: str) -> Kernel:
    """The same within a session.

    Raises:
        NotFound: none, or somebody else's.
        Forbidden: it is shared with the caller, but not for what this route does.
    """
    kernel = kernels.visible(session, caller().user, ref)
    rules.check_access(request.endpoint or "", shares.access(session, caller().user, kernel))
    return kernel


@api.post("/kernels", responses=answers(201, KernelShape))
@checked
def create(body: NewKernelBody) -> Response:
    """Make a kernel, stopped."""
    unbuilt.refuse(body)
    settings = services().settings
    facts = web().facts.get(services())
    possible.refuse(body, facts)
    values = kernels.NewKernel(
        owner_id=caller().user.id,
        slug=body.id,
        name=body.name or body.id,
        runtime=facts["runtime"],
        env_encrypted=seal(settings, body.env),
        **body.model_dump(exclude={"id", "name", "env"}),
    )
    quota = quotas.quota_of(settings)
    quotas.check_size(quota, body.memory_gb)
    with services().ledger.write() as session:
        quotas.check_create(session, caller().user.id, quota)
        kernel = kernels.create(session, values, time.time())
        audit.note(session, "kernel.create", kernel.uid, id=kernel.slug)
    wake(services().redis, kernel.uid)
    return json_answer(
        show(web(), caller().user, kernel), 201, {"Location": f"/api/v1/kernels/{kernel.slug}"}
    )


@api.get("/kernels", responses=answers(200, KernelList))
@checked
def every(query: ListQuery) -> Response:
    """One's own kernels and those shared with one, by age."""
    with services().ledger.read() as session:
        rows, after = kernels.page(session, caller().user, query.after, query.limit, all=query.all)
    return json_answer({"items": show_all(web(), caller().user, rows), "next": after})


@api.get("/kernels/<kernel_id>", responses=answers(200, KernelShape))
@checked
def one(path: KernelPath) -> Response:
    """A kernel."""
    return json_answer(show(web(), caller().user, find(path.kernel_id)))


@api.patch("/kernels/<kernel_id>", responses=answers(200, KernelShape))
@checked
def change(path: KernelPath, body: KernelChange) -> Response:
    """Change a kernel. Limits count from its next start on."""
    fields = body.model_dump(exclude_unset=True)
    kernel_changes.check(fields, quotas.quota_of(services().settings))
    unbuilt.refuse(body)
    if "env" in fields:
        fields["env_encrypted"] = seal(services().settings, fields.pop("env"))
    with services().ledger.write() as session:
        kernel = find_in(session, path.kernel_id)
        kernel = kernel_changes.apply(session, kernel, fields)
        audit.note(session, "kernel.change", kernel.uid, fields=sorted(fields))
    wake(services().redis, kernel.uid)
    return json_answer(show(web(), caller().user, kernel))


@api.delete("/kernels/<kernel_id>", responses=answers(202, KernelShape))
@checked
def delete(path: KernelPath) -> Response:
    """Delete a kernel with its queue and files; it is there until that is done."""
    return _intend(path, DesiredState.DELETED)


@api.post("/kernels/<kernel_id>/start", responses=answers(202, KernelShape))
@checked
def start(path: KernelPath) -> Response:
    """Start a kernel. One that runs stays as it is."""
    return _intend(path, DesiredState.RUNNING)


@api.post("/kernels/<kernel_id>/stop", responses=answers(202, KernelShape))
@checked
def stop(path: KernelPath) -> Response:
    """Stop a kernel: what runs is interrupted, its variables are lost, its queue is kept."""
    return _intend(path, DesiredState.STOPPED)


@api.post("/kernels/<kernel_id>/restart", responses=answers(202, KernelShape))
@checked
def restart(path: KernelPath) -> Response:
    """Stop a kernel if it runs, and start it."""
    return _intend(path, DesiredState.RUNNING, restart=True)


@api.get("/kernels/<kernel_id>/memory", responses=answers(200, MemoryAnswer))
@checked
def memory_now(path: KernelPath) -> Response:
    """A kernel's working set and limit."""
    uid = find(path.kernel_id).uid
    return json_answer({"memory": memory(newest_pulses(web().raw, [uid]).get(uid))})


def _intend(path: KernelPath, desired: DesiredState, restart: bool = False) -> Response:
    kernel = find(path.kernel_id)
    intents.settle(services(), kernel.uid, desired, audit.actor(), restart)
    # Deleting may be done already: then what was there is shown.
    with services().ledger.read() as session:
        now = kernels.get(session, kernel.uid) or kernel
    return json_answer(show(web(), caller().user, now), 202)
