"""Notebooks and their versions, as the API tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tasks.ledger.models import Kernel, Notebook, NotebookVersion
from web.api.shapes.basic import LIST_END, moment
from web.context import Web
from web.validation.fields import Shape


class NotebookSummary(Shape):
    """A notebook without its cells. Its id is the `flow_id` of what its cells run."""

    id: str
    name: str
    owner: str
    kernel: str | None = Field(description="Uid; null: none, or not there (any more) for who asks")
    kernel_name: str | None
    version: int = Field(description="The newest; each save is one more")
    cell_count: int
    created_at: str | None
    updated_at: str | None


class NotebookList(Shape):
    """Notebooks, the last saved first."""

    items: list[NotebookSummary]
    next: str | None = Field(description=LIST_END)


class NotebookCellShape(Shape):
    """A cell. `outputs`: as nbformat has them, of the file that it came from, until they are erased.

    What it ran here is found by its id: `GET /executions?flow=NOTEBOOK&latest_per_cell=true`.
    """

    id: str
    kind: Literal["code", "markdown"]
    source: str
    outputs: list[dict[str, Any]] | None


class NotebookShape(NotebookSummary):
    """A notebook as it is at one version."""

    label: str | None = Field(description="What its author called this version")
    cells: list[NotebookCellShape]


class NotebookVersionShape(Shape):
    """A version that is kept; saves since `begun_at` are folded into it."""

    version: int
    name: str
    label: str | None
    cell_count: int
    saved_by: str
    begun_at: str | None
    saved_at: str | None


class NotebookVersionList(Shape):
    """Versions, the newest first."""

    items: list[NotebookVersionShape]
    next: str | None = Field(description=LIST_END)


class NotebookCleared(Shape):
    """Of how many executions the output was erased."""

    id: str
    cleared: int


class NotebookFileShape(Shape):
    """A notebook as nbformat 4.5 has it."""

    nbformat: int
    nbformat_minor: int
    metadata: dict[str, Any]
    cells: list[dict[str, Any]]


def summary(web: Web, notebook: Notebook, kernels: Mapping[str, Kernel]) -> dict[str, Any]:
    """A ``NotebookSummary``; ``kernels`` that whoever asks may see, by uid."""
    kernel = kernels.get(notebook.kernel_uid or "")
    return {
        **{name: getattr(notebook, name) for name in ("id", "name", "version", "cell_count")},
        "owner": web.owners.name(notebook.owner_id),
        "kernel": None if kernel is None else kernel.uid,
        "kernel_name": None if kernel is None else kernel.name,
        "created_at": moment(notebook.created_at),
        "updated_at": moment(notebook.updated_at),
    }


def show(
    shown: dict[str, Any], version: NotebookVersion, outputs: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """A ``NotebookShape``, at that version; ``outputs`` that are kept, by their digests."""
    cells = [
        {
            **{name: cell[name] for name in ("id", "kind", "source")},
            "outputs": outputs.get(cell.get("kept", "")),
        }
        for cell in version.cells
    ]
    at_version = {"name": version.name, "version": version.version, "updated_at": moment(version.saved_at)}
    return {**shown, **at_version, "label": version.label, "cell_count": len(cells), "cells": cells}


def show_version(web: Web, version: NotebookVersion) -> dict[str, Any]:
    """A ``NotebookVersionShape``."""
    return {
        **{name: getattr(version, name) for name in ("version", "name", "label")},
        "cell_count": len(version.cells),
        "saved_by": "" if version.saved_by is None else web.owners.name(version.saved_by),
        "begun_at": moment(version.begun_at),
        "saved_at": moment(version.saved_at),
    }
