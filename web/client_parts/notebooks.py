"""Notebooks without a flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, cast
from urllib.parse import quote

from web.client_parts.http import Http


class NotebookCell(TypedDict, total=False):
    """A cell. Leave ``outputs`` out in a save, and it keeps those that came with its file."""

    id: str
    kind: str
    source: str
    outputs: list[dict[str, Any]] | None


class Notebook(TypedDict, total=False):
    """A notebook; in lists, and as the answer of a save, without ``label`` and ``cells``."""

    id: str
    name: str
    owner: str
    kernel: str | None
    kernel_name: str | None
    version: int
    cell_count: int
    created_at: str | None
    updated_at: str | None
    label: str | None
    cells: list[NotebookCell]


class NotebookVersion(TypedDict):
    """A version that is kept."""

    version: int
    name: str
    label: str | None
    cell_count: int
    saved_by: str
    begun_at: str | None
    saved_at: str | None


class Notebooks:
    """By their ids. A file is the JSON of an ``.ipynb``, as plain data."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self, q: str | None = None, everybody: bool = False) -> Iterator[Notebook]:
        """One's own, the last saved first, of these words in the name; ``everybody``'s for an admin."""
        return self._http.pages("/notebooks", {"q": q, **({"all": "true"} if everybody else {})})

    def create(self, name: str, cells: Sequence[NotebookCell] = (), kernel: str | None = None) -> Notebook:
        """Save a new notebook."""
        body = {"name": name, "kernel": kernel, "cells": list(cells)}
        return cast(Notebook, self._http.call("POST", "/notebooks", body))

    def get(self, notebook: str, version: int | None = None) -> Notebook:
        """A notebook as it is now, or was at a version."""
        query = {} if version is None else {"version": version}
        return cast(Notebook, self._http.call("GET", self._path(notebook), query=query))

    def save(self, notebook: str, document: Mapping[str, Any], version: int | None) -> Notebook:
        """Save ``name``, ``kernel``, ``cells`` and perhaps a ``label`` as one more version.

        ``version``: the one that was changed; None: whichever is the newest.

        Raises:
            Conflict: it was saved since.
        """
        match = {"If-Match": "*" if version is None else f'"{version}"'}
        return cast(Notebook, self._http.call("PUT", self._path(notebook), dict(document), headers=match))

    def delete(self, notebook: str) -> None:
        """Delete it with its versions, its cells' outputs and local artifacts; what runs is cancelled."""
        self._http.call("DELETE", self._path(notebook))

    def versions(self, notebook: str) -> Iterator[NotebookVersion]:
        """Its versions that are kept, the newest first."""
        return self._http.pages(self._path(notebook, "/versions"))

    def clear_outputs(self, notebook: str) -> int:
        """Erase what its cells put out, for good; of how many executions."""
        return int(self._http.call("DELETE", self._path(notebook, "/outputs"))["cleared"])

    def import_file(
        self, file: Mapping[str, Any], name: str | None = None, kernel: str | None = None
    ) -> Notebook:
        """Make a notebook of a file of format 3 or 4, outputs kept; ``name``: else its title."""
        query = {key: value for key, value in (("name", name), ("kernel", kernel)) if value is not None}
        return cast(Notebook, self._http.call("POST", "/notebooks/import", dict(file), query=query))

    def export_file(self, notebook: str) -> dict[str, Any]:
        """The notebook as a file of format 4.5, with what its cells put out last."""
        return cast("dict[str, Any]", self._http.call("GET", self._path(notebook, "/ipynb")))

    def export_node(self, flow: str, node: str) -> dict[str, Any]:
        """The cells of a flow's Python Script node as such a file."""
        path = f"/flows/{quote(flow, safe='')}/nodes/{quote(node, safe='')}/notebook"
        return cast("dict[str, Any]", self._http.call("GET", path))

    def _path(self, notebook: str, tail: str = "") -> str:
        return f"/notebooks/{quote(notebook, safe='')}{tail}"
