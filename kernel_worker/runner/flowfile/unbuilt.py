"""Functions of the guide that need flows and artifacts, which this version does not have."""

from __future__ import annotations

from typing import Any


class NotAvailableHere(RuntimeError):
    """The function is known, and this version of Husk cannot do it."""


def _refuse(name: str, instead: str) -> NotAvailableHere:
    return NotAvailableHere(
        f"flowfile.{name}() is not available: this version of Husk does not have flows and artifacts yet. "
        f"Use a shared file instead: {instead}"
    )


READ = 'pl.scan_parquet(flowfile.get_shared_location("folder/name.parquet")).'
WRITE = 'df.write_parquet(flowfile.get_shared_location("folder/name.parquet")).'
LOAD = 'joblib.load(flowfile.get_shared_location("folder/name.joblib")).'
STORE = 'joblib.dump(obj, flowfile.get_shared_location("folder/name.joblib")).'
LIST = 'os.listdir(flowfile.get_shared_location("folder")).'
REMOVE = "delete it with `husk files delete folder/name`."


def read_input(name: str = "main") -> Any:
    """Upstream tables under one name, one after the other."""
    raise _refuse("read_input", READ)


def read_first(name: str = "main") -> Any:
    """The first upstream table under a name."""
    raise _refuse("read_first", READ)


def read_inputs() -> dict[str, list[Any]]:
    """Every upstream table by name."""
    raise _refuse("read_inputs", READ)


def publish_output(df: Any, name: str = "main") -> None:
    """Hand a frame to the downstream nodes."""
    raise _refuse("publish_output", WRITE)


def publish_artifact(name: str, obj: Any, preview: bool = True) -> None:
    """Keep an object for the flow."""
    raise _refuse("publish_artifact", STORE)


def read_artifact(name: str) -> Any:
    """An object that the flow kept."""
    raise _refuse("read_artifact", LOAD)


def delete_artifact(name: str) -> None:
    """Remove an object that the flow kept."""
    raise _refuse("delete_artifact", REMOVE)


def list_artifacts() -> list[Any]:
    """What the flow kept."""
    raise _refuse("list_artifacts", LIST)


def publish_global(
    name: str,
    obj: Any,
    description: str | None = None,
    tags: list[str] | None = None,
    namespace: str = "default",
    fmt: str | None = None,
) -> int:
    """Put a new version of an object into the catalog."""
    raise _refuse("publish_global", STORE)


def get_global(name: str, version: int | None = None, namespace: str | None = None) -> Any:
    """An object of the catalog."""
    raise _refuse("get_global", LOAD)


def list_global_artifacts(
    tags: list[str] | None = None, namespace: str | None = None, name: str | None = None
) -> list[Any]:
    """What the catalog holds."""
    raise _refuse("list_global_artifacts", LIST)


def delete_global_artifact(name: str, version: int | None = None, namespace: str | None = None) -> None:
    """Remove an object from the catalog."""
    raise _refuse("delete_global_artifact", REMOVE)
