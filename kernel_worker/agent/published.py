"""A file that user code published: what it is called, and how far it is on its way to the store."""

from __future__ import annotations

from dataclasses import dataclass, field

from broker_config.wire.flows import NewArtifact, PublishArtifact, PublishOutput, StoredObject
from kernel_worker.agent.arriving import Arriving


@dataclass(slots=True)
class StagedFile:
    """A file that the runner handed over: ``name`` in the agent's folder, until it is ``stored``.

    ``failure`` says why it is not. ``unwanted``: it was replaced or deleted, or the execution failed.
    ``arriving``: it is still copied.
    """

    name: str
    size: int
    what: str
    stored: StoredObject | None = None
    failure: str | None = None
    unwanted: bool = False
    arriving: Arriving | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Published:
    """An output or an artifact of this execution; ``number`` is its call's, ``at`` unix seconds."""

    number: int
    args: PublishOutput | PublishArtifact
    at: float
    file: StagedFile

    @property
    def name(self) -> str:
        """Its name."""
        return self.args.name


def new_artifact(one: Published) -> NewArtifact:
    """A stored artifact as the desk is told of it."""
    args = one.args
    assert isinstance(args, PublishArtifact)
    assert one.file.stored is not None
    return NewArtifact(
        name=args.name,
        type_name=args.type_name,
        module=args.module,
        format=args.format,
        meta=args.meta,
        preview=args.preview,
        created_at=one.at,
        object=one.file.stored,
    )
