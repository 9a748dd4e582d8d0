"""Inputs, outputs, artifacts and the catalog: what a runner asks of its agent, and an agent of the desk.

A runner's question is a ``frames.Call`` whose ``kind`` is in ``CALLS``; its ``args`` are one of these
classes as plain data, and the agent checks them. An agent's question to the desk is an ``events.Request``
whose ``kind`` is in ``REQUESTS``. Sizes in bytes, times in unix seconds, sums are SHA-256 in hex.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

MOST_STAGED = 100
"""Artifacts in one ``StageArtifacts``."""
MOST_SIGNED = 200
"""Artifacts besides the one asked for in one ``SignArtifact``."""
LARGEST_PREVIEW_BYTES = 256 * 1024
"""A preview as JSON text; what is larger is left out, with a word about it."""
LARGEST_OUTPUT_PREVIEW_BYTES = 64 * 1024
"""The same of an output: it is copied with it from run to run."""
RAN = " ran and published "
"""In ``not_run``: between the name of a node that did run, and what it published instead."""
FORMATS = ("parquet", "joblib", "cloudpickle")

MUST_PUBLISH = "# %% outputs: "
"""The beginning of the last line of a node's code where it declares outputs; their names follow."""

# Things ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, and its type in Polars' words."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Table:
    """One upstream table that a node may read: ``input`` is the name that its connection gives it.

    ``url`` is a presigned GET until ``expires_at``; the agent leaves it out for what it has itself.
    """

    input: str
    node_id: str
    output: str
    size: int
    sha256: str
    rows: int | None
    columns: list[Column]
    url: str = ""
    expires_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Artifact:
    """A local artifact as an execution may read it.

    ``id`` is the ledger's; 0: published by this very execution. ``meta`` is the writer's own note on how
    to read the file. ``upstream`` False: its producer is not upstream of the reading node.
    """

    id: int
    name: str
    node_id: str | None
    node_name: str
    flow_id: str
    kernel_uid: str
    type_name: str
    module: str
    format: str
    meta: dict[str, Any]
    size: int
    sha256: str
    created_at: float
    persisted: bool
    upstream: bool


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One version in the catalog."""

    id: int
    name: str
    namespace: str
    version: int
    python_type: str
    module: str
    format: str
    meta: dict[str, Any]
    size: int
    sha256: str
    created_at: float
    tags: list[str]
    description: str | None
    owner: str
    flow_id: str
    node_id: str


@dataclass(frozen=True, slots=True)
class FlowView:
    """What an execution may read when it begins to. One node of a saved flow, or less.

    ``saved``: the flow is in the ledger. ``in_flow``: so is the node, in the flow's latest version.
    ``inputs``: names of the node's inputs in the order of its connections. ``not_run``: name of an input →
    name of the upstream node that has no output yet, with ``RAN`` where it ran. ``declared``: outputs that
    the node has to publish.
    ``parameters``: the run's, else the flow's defaults; a date is ``{"date": "2026-12-31"}``.
    """

    saved: bool
    in_flow: bool
    inputs: list[str]
    not_run: dict[str, str]
    tables: list[Table]
    declared: list[str]
    artifacts: list[Artifact]
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that this kernel uploaded. ``checksum``: as ``objects.results.ObjectInfo`` has it."""

    key: str
    size: int
    sha256: str
    checksum: str


# Runner → agent --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadInputs:
    """Answer: first ``InputsFound``, then for each table that is here a reply with ``{"index": i}`` and
    a readable descriptor. With ``name`` None all inputs, else the tables of that one."""

    KIND: ClassVar[str] = "read_inputs"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class InputsFound:
    """``tables[i].url`` "" means that a descriptor follows."""

    saved: bool
    in_flow: bool
    inputs: list[str]
    not_run: dict[str, str]
    tables: list[Table]


@dataclass(frozen=True, slots=True)
class ReadParameters:
    """Answer: ``{"parameters"}`` as ``FlowView`` has them. A node of a run has them in its frame."""

    KIND: ClassVar[str] = "read_parameters"


@dataclass(frozen=True, slots=True)
class PublishOutput:
    """A Parquet file's descriptor is attached. Answer: ``{"replaced": bool, "saved": bool}``.

    ``preview``: of the kind ``frame``, see ``kernel_worker.runner.previews.making``.
    """

    KIND: ClassVar[str] = "publish_output"
    name: str
    rows: int | None
    columns: list[Column]
    preview: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PublishArtifact:
    """The file's descriptor is attached. Answer: ``{}``; ``ValueError`` where the name is another's."""

    KIND: ClassVar[str] = "publish_artifact"
    name: str
    type_name: str
    module: str
    format: str
    meta: dict[str, Any]
    preview: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ReadArtifact:
    """Answer: ``Artifact`` with a descriptor; ``KeyError`` with the nearest names, ``ValueError`` damaged."""

    KIND: ClassVar[str] = "read_artifact"
    name: str


@dataclass(frozen=True, slots=True)
class DeleteArtifact:
    """Answer: ``{}``; ``KeyError``."""

    KIND: ClassVar[str] = "delete_artifact"
    name: str


@dataclass(frozen=True, slots=True)
class ListArtifacts:
    """Answer: ``{"artifacts": [Artifact]}``, in replies of at most a thousand."""

    KIND: ClassVar[str] = "list_artifacts"


@dataclass(frozen=True, slots=True)
class PublishGlobal:
    """The file's descriptor is attached. Answer: ``{"id", "version", "why"}``.

    ``id`` -1: nothing was stored; ``why`` says the reason (interactive, or no saved flow).
    """

    KIND: ClassVar[str] = "publish_global"
    name: str
    namespace: str
    description: str | None
    tags: list[str]
    type_name: str
    module: str
    format: str
    meta: dict[str, Any]
    preview: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class MayPublishGlobal:
    """Asked before anything is serialized. Answer: ``{"why"}``: "", or why nothing will be stored."""

    KIND: ClassVar[str] = "may_publish_global"


@dataclass(frozen=True, slots=True)
class GetGlobal:
    """Answer: ``CatalogEntry`` with a descriptor; ``KeyError``, ``ValueError`` damaged. None: the latest."""

    KIND: ClassVar[str] = "get_global"
    name: str
    namespace: str
    version: int | None


@dataclass(frozen=True, slots=True)
class ListGlobal:
    """Answer: ``{"entries": [CatalogEntry]}``, in replies of at most a thousand. Tags are and-ed."""

    KIND: ClassVar[str] = "list_global"
    tags: list[str]
    namespace: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class DeleteGlobal:
    """Answer: ``{"deleted": number of versions}``; ``KeyError``. None: all versions."""

    KIND: ClassVar[str] = "delete_global"
    name: str
    namespace: str
    version: int | None


CALLS: dict[str, type] = {
    c.KIND: c
    for c in (
        *(ReadInputs, ReadParameters, PublishOutput),
        *(PublishArtifact, ReadArtifact, DeleteArtifact, ListArtifacts),
        *(PublishGlobal, MayPublishGlobal, GetGlobal, ListGlobal, DeleteGlobal),
    )
}

# Agent → desk. All but ``KernelArtifacts`` name an execution of that kernel, which has to be running.


@dataclass(frozen=True, slots=True)
class ViewFlow:
    """Answer: ``FlowView``."""

    KIND: ClassVar[str] = "view_flow"
    execution_id: str


@dataclass(frozen=True, slots=True)
class SignArtifact:
    """Answer: ``{"url", "expires_at", "also"}`` by which an artifact of this flow is read; ``KeyError``.

    ``also``: at most ``MOST_SIGNED`` ids of others that may be read next; the answer has id → URL of those
    that are there.
    """

    KIND: ClassVar[str] = "sign_artifact"
    execution_id: str
    id: int
    also: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NewArtifact:
    """An artifact whose file is uploaded."""

    name: str
    type_name: str
    module: str
    format: str
    meta: dict[str, Any]
    preview: dict[str, Any] | None
    created_at: float
    object: StoredObject


@dataclass(frozen=True, slots=True)
class StageArtifacts:
    """Uploaded artifacts of a running execution, seen by nobody before ``Finalize``; at most ``MOST_STAGED``.

    Answer: ``{}``. The same again changes nothing.
    """

    KIND: ClassVar[str] = "stage_artifacts"
    execution_id: str
    artifacts: list[NewArtifact]


@dataclass(frozen=True, slots=True)
class NewOutput:
    """An output whose file is uploaded."""

    name: str
    rows: int | None
    columns: list[Column]
    object: StoredObject
    preview: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Finalize:
    """The execution is about to end: what it staged becomes visible, all or nothing.

    ``deleted`` names are deleted first; then ``published``, staged before, replace what has their names.
    Outputs count where ``succeeded``; so do artifacts of what is not interactive. Answer: ``Finalized``;
    ``ValueError`` when a name belongs to another node by now, or a declared output is missing: then
    nothing changed. The same again changes nothing.
    """

    KIND: ClassVar[str] = "finalize"
    execution_id: str
    succeeded: bool
    outputs: list[NewOutput]
    published: list[str]
    deleted: list[str]


@dataclass(frozen=True, slots=True)
class Finalized:
    """``passed_through``: the node published nothing, so its first input stands as its output ``main``."""

    passed_through: bool = False


@dataclass(frozen=True, slots=True)
class PrepareGlobal:
    """Answer: ``{"ticket": id of the version to be, "why"}``; ``why``: "", or why nothing may be stored."""

    KIND: ClassVar[str] = "prepare_global"
    execution_id: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class FinalizeGlobal:
    """Answer: ``{"id", "version"}``. ``inputs``: artifacts it read, and ``namespace::name@version``."""

    KIND: ClassVar[str] = "finalize_global"
    execution_id: str
    ticket: int
    description: str | None
    tags: list[str]
    type_name: str
    module: str
    format: str
    meta: dict[str, Any]
    preview: dict[str, Any] | None
    inputs: list[str]
    object: StoredObject


@dataclass(frozen=True, slots=True)
class FindGlobal:
    """Answer: ``{"entry": CatalogEntry, "url", "expires_at"}``; ``KeyError``."""

    KIND: ClassVar[str] = "find_global"
    execution_id: str
    name: str
    namespace: str
    version: int | None


@dataclass(frozen=True, slots=True)
class PageGlobal:
    """Answer: ``{"entries": [CatalogEntry], "next": id or null}``: at most 500, with ids below ``after``."""

    KIND: ClassVar[str] = "page_global"
    execution_id: str
    tags: list[str]
    namespace: str | None
    name: str | None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveGlobal:
    """Answer: ``{"deleted": number of versions}``; ``KeyError``."""

    KIND: ClassVar[str] = "remove_global"
    execution_id: str
    name: str
    namespace: str
    version: int | None


@dataclass(frozen=True, slots=True)
class ReportDamage:
    """What was read has another sum than the ledger says: it is marked. Answer: ``{}``.

    ``what``: ``artifact`` or ``global``; ``id`` its.
    """

    KIND: ClassVar[str] = "report_damage"
    execution_id: str
    what: str
    id: int
    found_sha256: str


@dataclass(frozen=True, slots=True)
class KernelArtifacts:
    """What this kernel published, to be here before it is ready. Answer: ``{"files", "next"}``."""

    KIND: ClassVar[str] = "kernel_artifacts"
    after: int | None = None


@dataclass(frozen=True, slots=True)
class KernelFile:
    """An artifact of this kernel's in the store; ``format`` and ``meta`` as in ``Artifact``."""

    id: int
    name: str
    size: int
    sha256: str
    url: str
    format: str
    meta: dict[str, Any]


REQUESTS: dict[str, type] = {
    r.KIND: r
    for r in (
        *(ViewFlow, SignArtifact, StageArtifacts, Finalize, PrepareGlobal, FinalizeGlobal, FindGlobal),
        *(PageGlobal, RemoveGlobal, ReportDamage, KernelArtifacts),
    )
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question was refused: ``type`` names the exception that user code gets.

    ``KeyError``, ``ValueError``, ``TypeError``, ``RuntimeError`` or ``StorageUnavailable``.
    """

    type: str
    message: str
