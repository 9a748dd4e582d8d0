"""What one execution sees, published and deleted, and the rules of names. Pure: no file, no connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from broker_config.wire.flows import Artifact, FlowView, PublishArtifact, Table
from broker_config.wire.names import check_artifact_name
from kernel_worker.agent.published import Published
from kernel_worker.agent.refusals import Refused

MOST_ARTIFACTS = 10_000
MOST_PUBLISHED = 100_000
"""Files handed over in one execution, those that were replaced included."""
MOST_OUTPUTS = 1_000
NEAREST = 5
MAIN = "main"


@dataclass(slots=True)
class Board:
    """Of one execution. ``node_id`` "" for a cell that belongs to no node.

    ``told_always``: the desk has to hear of its success, also where it published nothing.
    """

    interactive: bool
    node_id: str
    flow_id: str
    kernel_uid: str
    told_always: bool = True
    view: FlowView | None = None
    before: dict[str, Artifact] = field(default_factory=dict)
    """The view's artifacts by name."""
    order: list[Artifact] = field(default_factory=list)
    """The same in the order in which they were published."""
    artifacts: dict[str, Published] = field(default_factory=dict)
    outputs: dict[str, Published] = field(default_factory=dict)
    deleted: dict[str, None] = field(default_factory=dict)
    read: dict[str, None] = field(default_factory=dict)
    """Names of artifacts that it read, and ``namespace::name@version`` of the catalog's."""
    published: int = 0

    def check_publish(self, name: str) -> str:
        """The name as it is kept.

        Raises:
            BadField: it is no name.
            Refused: another node's; published already in this run; too many.
        """
        name = check_artifact_name(name, "the name of an artifact")
        if not self.interactive and name in self.artifacts:
            raise Refused(
                "ValueError",
                f"artifact {name!r} was published already in this run: a run publishes a name once "
                "(delete_artifact first, or choose another name)",
            )
        there = self._seen(name)
        if there is not None and (there.node_id or "") != self.node_id:
            raise Refused(
                "ValueError",
                f"artifact {name!r} belongs to {_node(there)}: only that node replaces it "
                "(delete_artifact it first, or choose another name)",
            )
        if name not in self.artifacts and len(self.artifacts) >= MOST_ARTIFACTS:
            raise Refused("ValueError", f"one execution publishes at most {MOST_ARTIFACTS} artifacts")
        self.count()
        return name

    def publish(self, one: Published) -> None:
        """Note an artifact; the one before of that name in this execution is not wanted any more."""
        before = self.artifacts.pop(one.name, None)
        if before is not None:
            before.file.unwanted = True
        self.artifacts[one.name] = one

    def check_output(self, name: str) -> str:
        """The name as it is kept. Raises as ``check_publish``."""
        name = check_artifact_name(name, "the name of an output")
        if name not in self.outputs and len(self.outputs) >= MOST_OUTPUTS:
            raise Refused("ValueError", f"one execution publishes at most {MOST_OUTPUTS} outputs")
        self.count()
        return name

    def count(self) -> None:
        """One more file. Raises ``Refused`` when there are too many."""
        if self.published >= MOST_PUBLISHED:
            raise Refused("ValueError", f"one execution publishes at most {MOST_PUBLISHED} times")
        self.published += 1

    def write(self, one: Published) -> bool:
        """Note an output: the last one of a name stands. Whether it replaces one."""
        before = self.outputs.pop(one.name, None)
        if before is not None:
            before.file.unwanted = True
        self.outputs[one.name] = one
        return before is not None

    def delete(self, name: str) -> None:
        """Delete an artifact. Raises ``Refused`` (``KeyError``) when there is none."""
        mine, theirs = self.artifacts.get(name), self._seen(name)
        if mine is None and theirs is None:
            raise self._unknown(name)
        self.note_deleted(name, existed=theirs is not None)

    def note_deleted(self, name: str, *, existed: bool) -> None:
        """What ``delete`` does; ``existed`` before this execution."""
        mine = self.artifacts.pop(name, None)
        if mine is not None:
            mine.file.unwanted = True
        if existed:
            self.deleted[name] = None

    def existed(self, name: str) -> bool:
        """Whether it was there before this execution, and not deleted by it."""
        return self._seen(name) is not None

    def find(self, name: str) -> Published | Artifact:
        """What a name means now. Raises ``Refused`` (``KeyError``) with the nearest names."""
        found = self.artifacts.get(name) or self._seen(name)
        if found is None:
            raise self._unknown(name)
        self.read[name] = None
        return found

    def listing(self) -> Iterator[Artifact]:
        """All that this execution may read, by name."""
        seen = {name: one for name, one in self.before.items() if name not in self.deleted}
        mine = {name: self.describe(one) for name, one in self.artifacts.items()}
        every = {**seen, **mine}
        return (every[name] for name in sorted(every))

    def describe(self, one: Published) -> Artifact:
        """An artifact of this very execution, as it may be read."""
        args, stored = one.args, one.file.stored
        assert isinstance(args, PublishArtifact)
        return Artifact(
            id=0,
            name=args.name,
            node_id=self.node_id or None,
            node_name=self.node_id,
            flow_id=self.flow_id,
            kernel_uid=self.kernel_uid,
            type_name=args.type_name,
            module=args.module,
            format=args.format,
            meta=args.meta,
            size=one.file.size,
            # Not summed yet: what tells it from all other files, for who keeps them by their sums.
            sha256=stored.sha256 if stored else one.file.name,
            created_at=one.at,
            persisted=stored is not None,
            upstream=True,
        )

    def tables(self, name: str | None) -> list[Table]:
        """Upstream tables of an input, in order; ``main`` and None: of all."""
        tables = self.view.tables if self.view else []
        return [t for t in tables if name in (None, MAIN) or t.input == name]

    @property
    def saved(self) -> bool:
        """Whether outputs have a node to belong to."""
        return self.view is not None and self.view.saved and self.view.in_flow

    def look_again(self, view: FlowView) -> None:
        """A newer view's addresses; what there is stays as it was when the execution began."""
        if self.view is None:
            self.view, self.before = view, {a.name: a for a in view.artifacts}
            self.order = sorted(view.artifacts, key=lambda a: (a.created_at, a.name))
            return
        urls = {(t.input, t.node_id, t.output, t.sha256): t for t in view.tables}
        tables = [urls.get((t.input, t.node_id, t.output, t.sha256), t) for t in self.view.tables]
        self.view = replace(self.view, tables=tables)

    def _seen(self, name: str) -> Artifact | None:
        return None if name in self.deleted else self.before.get(name)

    def _unknown(self, name: str) -> Refused:
        names = [a.name for a in self.listing()]
        if not names:
            return Refused("KeyError", f"there is no artifact {name!r}: none is published in this flow")
        import difflib

        nearest = difflib.get_close_matches(name, names, NEAREST, 0.4) or names[:NEAREST]
        more = f" ({len(names)} in all)" if len(names) > len(nearest) else ""
        said = ", ".join(map(repr, nearest))
        return Refused("KeyError", f"there is no artifact {name[:200]!r}; the nearest names are {said}{more}")


def _node(artifact: Artifact) -> str:
    if not artifact.node_id:
        return "the flow's cells, not to a node"
    if artifact.node_name and artifact.node_name != artifact.node_id:
        return f"node {artifact.node_name!r} ({artifact.node_id})"
    return f"node {artifact.node_id!r}"
