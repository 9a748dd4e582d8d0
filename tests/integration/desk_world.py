"""The desk's answers about flows with a real store and both databases, asked without a kernel in between."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from broker_config.settings import Settings
from broker_config.wire import flows as wire
from broker_config.wire.codec import build, plain
from broker_config.wire.flows import Refusal, StoredObject
from broker_config.wire.names import new_token
from tasks.flow_desk import FlowDesk
from tasks.ledger import artifacts, executions, outputs
from tasks.ledger.models import Artifact, Flow, FlowOutput, Kernel, User
from tasks.services import Services, make_services
from tests.integration.flow_rows import add_flow, document, upload
from tests.integration.ledger_rows import NOW, add_cells, add_kernel, add_user
from tests.integration.weed import Weed

UNREACHABLE = "redis://127.0.0.1:1/0"


@dataclass
class DeskWorld:
    """One owner with two kernels and a saved flow of nodes ``a`` → ``b`` → ``c``, beside which is ``d``."""

    services: Services
    desk: FlowDesk
    owner: User
    kernels: list[Kernel]
    flow: Flow
    count: int = field(default=0)

    def execution(self, node: str | None = "a", kernel: int = 0, flow: str | None = None, **cell: Any) -> str:
        """A running execution, a run unless said otherwise."""
        cell = {"interactive": False, **cell}
        uid = self.kernels[kernel].uid
        flow = self.flow.id if flow is None else flow
        (one,) = add_cells(self.services.ledger, uid, flow_id=flow, node_id=node, **cell)
        with self.services.ledger.write() as s:
            executions.started(s, one, "g", NOW)
        return one

    def ask(self, execution_id: str, request: type, **args: Any) -> Any:
        """The answer as plain data, or a ``Refusal``."""
        return self.answer(execution_id[:12], request, execution_id=execution_id, **args)

    def answer(self, uid: str, request: type, **args: Any) -> Any:
        """The same as a kernel asks."""
        return self.desk.answer(uid, request.KIND, plain(build(request, args)))  # type: ignore[attr-defined]

    def stored(self, uid: str, data: bytes = b"abc") -> StoredObject:
        """An object that this kernel uploaded."""
        done = self.services.store.put_bytes(upload(uid), data)
        return StoredObject(done.key, done.size, done.sha256, done.checksum)

    def new(self, uid: str, name: str, data: bytes = b"abc", **changes: Any) -> dict[str, Any]:
        """An artifact to stage, as a kernel says it."""
        values: dict[str, Any] = {
            "name": name,
            "type_name": "int",
            "module": "builtins",
            "format": "cloudpickle",
            "meta": {"n": 1},
            "preview": {"kind": "text"},
            "created_at": NOW,
        }
        if "object" not in changes:
            values["object"] = plain(self.stored(uid, data))
        return {**values, **changes}

    def stage(self, execution_id: str, *names: str) -> None:
        """Stage artifacts of these names."""
        new = [self.new(execution_id[:12], name) for name in names]
        assert self.ask(execution_id, wire.StageArtifacts, artifacts=new) == {}

    def output(self, uid: str, name: str = "main", data: bytes = b"table") -> dict[str, Any]:
        """An output to finalize."""
        columns = [{"name": "x", "type": "Int64"}]
        return {"name": name, "rows": 2, "columns": columns, "object": plain(self.stored(uid, data))}

    def finalize(self, execution_id: str, **args: Any) -> Any:
        """Finalize as succeeded, unless said otherwise."""
        args = {"succeeded": True, "outputs": [], "published": [], "deleted": [], **args}
        return self.ask(execution_id, wire.Finalize, **args)

    def publish(self, execution_id: str, *names: str, **args: Any) -> Any:
        """Stage and finalize; the answer."""
        self.stage(execution_id, *names)
        return self.finalize(execution_id, published=list(names), **args)

    def view(self, execution_id: str) -> wire.FlowView:
        """What an execution may read."""
        return build(wire.FlowView, self.ask(execution_id, wire.ViewFlow))

    def outputs(self) -> dict[str, FlowOutput]:
        """The flow's outputs, as ``node.name``."""
        with self.services.ledger.read() as s:
            rows = outputs.of_flow(s, self.owner.id, self.flow.id)
        return {f"{row.node_id}.{row.name}": row for row in rows}

    def preview(self, node: str, name: str) -> dict[str, Any] | None:
        """Of an output of the flow."""
        with self.services.ledger.read() as s:
            row = outputs.with_preview(s, self.owner.id, self.flow.id, node, name)
        assert row is not None
        return row.preview

    def artifacts(self, scope: str = artifacts.RUN) -> dict[str, Artifact]:
        """The flow's artifacts as that scope sees them."""
        with self.services.ledger.read() as s:
            rows = artifacts.seen(s, artifacts.Place(self.owner.id, self.flow.id), scope)
        return {row.name: row for row in rows}


def prepare(world: DeskWorld, execution_id: str, name: str = "m", namespace: str = "default") -> Any:
    """Begin a global artifact; the answer."""
    return world.ask(execution_id, wire.PrepareGlobal, name=name, namespace=namespace)


def finalize(world: DeskWorld, execution_id: str, ticket: int, data: bytes = b"abc", **changes: Any) -> Any:
    """Make it a version; the answer."""
    args: dict[str, Any] = {
        "ticket": ticket,
        "description": "what\nit is",
        "tags": ["t"],
        "type_name": "Model",
        "module": "lib",
        "format": "joblib",
        "meta": {},
        "preview": {"kind": "text"},
        "inputs": [],
        "object": plain(world.stored(execution_id[:12], data)),
    }
    return world.ask(execution_id, wire.FinalizeGlobal, **{**args, **changes})


def publish(world: DeskWorld, name: str = "m", kernel: int = 0, **changes: Any) -> Any:
    """Publish a version by a run of its own; the answer."""
    run = world.execution(kernel=kernel)
    return finalize(world, run, prepare(world, run, name)["ticket"], **changes)


def refused(answer: Any, type: str, words: str = "") -> Refusal:
    """The refusal that an answer is."""
    assert isinstance(answer, Refusal), answer
    assert answer.type == type, answer
    assert words in answer.message, answer
    return answer


def fetched(url: str) -> tuple[int, bytes]:
    """What a presigned URL gives: status, bytes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def desk_world(weed: Weed, database_url: str) -> Iterator[DeskWorld]:
    """Body of a fixture."""
    kept = {
        name: getattr(weed.settings, name) for name in ("data_dir", "s3_port", "weed_port", "s3_secret_key")
    }
    settings = Settings(
        **kept,
        database_url=database_url,
        redis_url=SecretStr(UNREACHABLE),
        secret_key=SecretStr(new_token()),
        runtime="process",
    )
    services = make_services(settings)
    owner = add_user(services.ledger)
    kernels = [add_kernel(services.ledger, owner, slug) for slug in ("one", "two", "three", "four")]
    flow = add_flow(services.ledger, owner, document("abcd", "ab", "bc"))
    desk = FlowDesk(services)
    try:
        yield DeskWorld(services, desk, owner, kernels, flow)
    finally:
        desk.close()
        services.ledger.dispose()


@pytest.fixture
def world(weed: Weed, database_url: str) -> Iterator[DeskWorld]:
    """A world on each database."""
    yield from desk_world(weed, database_url)
