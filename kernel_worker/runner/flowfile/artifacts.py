"""Objects that a flow keeps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from broker_config.wire.codec import build
from broker_config.wire.flows import Artifact, DeleteArtifact, ListArtifacts, PublishArtifact, ReadArtifact
from kernel_worker.runner.flowfile.arguments import flag, name_of
from kernel_worker.runner.flowfile.session import session
from kernel_worker.runner.flowfile.telling import tell

if TYPE_CHECKING:
    from kernel_worker.runner.flowfile.things import ArtifactInfo

NAME = "an artifact's name"


def publish_artifact(name: str, obj: Any, preview: bool = True) -> None:
    """Keep an object for the flow: other cells, nodes and kernels of the flow read it by its name.

    It is written at once; what is done to it afterwards changes nothing. Frames go to Parquet and come back
    as the type they were; NumPy, SciPy, scikit-learn, XGBoost and LightGBM go by joblib; everything else by
    cloudpickle, as does what is defined in a cell. A cell that publishes a name of its own node again
    replaces it.

    Args:
        name: 1 to 200 characters, no control characters, no ``/``, ``\\``, ``::``.
        obj: any object, None too.
        preview: whether a preview (head, statistics, thumbnail) is kept beside it.

    Raises:
        NotSerializable: a ``TypeError``; it names the attribute or item at fault. Nothing was published.
        ValueError: not a name, another node's name, or the same name twice in one run.
        OSError: the kernel's disk is full.

    Example:
        model = RandomForestClassifier().fit(X_train, y_train)
        flowfile.publish_artifact("delays", model)
    """
    named = name_of(name, NAME)
    wanted = flag(preview, "preview")
    here = session()
    from kernel_worker.runner.flowfile.keeping import serialized  # here and below: an idle runner is small

    with serialized(here, obj, f"the artifact {named!r}", wanted, None) as kept:
        here.calls.ask(PublishArtifact(name=named, **kept.facts), [kept.fd])


def read_artifact(name: str) -> Any:
    """An object that the flow keeps, as it was when it was published.

    A LazyFrame comes back lazy. An artifact whose producer is not upstream of this node is read, with a
    warning that names the producer.

    Args:
        name: the artifact's name.

    Returns:
        A new object at each call.

    Raises:
        KeyError: there is none; the message lists the nearest names.
        ValueError: not a name, or what is stored is damaged: both checksums are named, and it stays.
        ModuleNotFoundError: this kernel lacks a package that the object needs.

    Example:
        model = flowfile.read_artifact("delays")
        predictions = model.predict(X_test)
    """
    named = name_of(name, NAME)
    here = session()
    answer = here.calls.ask(ReadArtifact(named))
    try:
        found = build(Artifact, answer.data)
        if not found.upstream:
            producer = found.node_name or found.node_id or "another notebook"
            tell(f"the artifact {named!r} was published by {producer!r}, which is not upstream of this node")
        fd = answer.take_fd()
    finally:
        answer.close()
    loaded = here.loaded.take(found.sha256, found.format, found.meta)
    if loaded is not None:
        os.close(fd)
        return loaded[0]
    from kernel_worker.runner.stored.reading import read

    return read(fd, found.format, found.meta, found.sha256, here.shelf(), f"the artifact {named!r}")


def delete_artifact(name: str) -> None:
    """Remove an artifact of the flow; its name is free then.

    Args:
        name: the artifact's name.

    Raises:
        KeyError: there is none; the message lists the nearest names.
        ValueError: not a name.

    Example:
        flowfile.delete_artifact("delays")
    """
    session().calls.ask(DeleteArtifact(name_of(name, NAME))).close()


def list_artifacts() -> list[ArtifactInfo]:
    """All artifacts that this node may read, by name.

    Returns:
        Items with the attributes ``name``, ``type_name``, ``module``, ``node_id`` (None: of no node),
        ``flow_id``, ``created_at`` (aware, UTC), ``size_bytes`` (as stored), ``format`` (``parquet``,
        ``joblib``, ``cloudpickle``), ``persisted``.

    Example:
        for a in flowfile.list_artifacts():
            print(f"{a.name} (node {a.node_id})")
    """
    from kernel_worker.runner.flowfile.things import Listing, artifact_info

    found: Listing[ArtifactInfo] = Listing()
    for answer in session().calls.ask_all(ListArtifacts()):
        found.extend(artifact_info(build(Artifact, one)) for one in answer.data["artifacts"])
    found.sort(key=lambda item: item.name)
    return found
