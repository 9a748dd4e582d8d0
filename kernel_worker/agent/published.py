"""A file that user code published: what it is called, and how far it is on its way to the store."""

from __future__ import annotations

from dataclasses import dataclass

from broker_config.wire.flows import PublishArtifact, PublishOutput, StoredObject


@dataclass(slots=True)
class StagedFile:
    """A file that the runner handed over: ``name`` in the agent's folder, until it is ``stored``.

    ``failure`` says why it is not. ``unwanted``: it was replaced or deleted, or the execution failed.
    """

    name: str
    size: int
    what: str
    stored: StoredObject | None = None
    failure: str | None = None
    unwanted: bool = False


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
