"""Global artifacts: versions of names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from web.client_parts.downloads import keep, stream
from web.client_parts.flow_shapes import Entry
from web.client_parts.http import Http

DEFAULT = "default"


class Catalog:
    """By their names; ``version`` None is the latest."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        tags: Sequence[str] = (),
        namespace: str | None = None,
        name: str | None = None,
        q: str | None = None,
    ) -> Iterator[Entry]:
        """The latest version of each name. Several tags are and-ed; ``q`` is in the name or description."""
        query = {"tags": ",".join(tags) or None, "namespace": namespace, "name": name, "q": q}
        return self._http.pages("/catalog/artifacts", query)

    def versions(self, name: str, namespace: str = DEFAULT) -> Iterator[Entry]:
        """All versions of a name, the newest first."""
        return self._http.pages(self._path(name), {"namespace": namespace})

    def get(self, name: str, version: int | None = None, namespace: str = DEFAULT) -> dict[str, Any]:
        """A version with its lineage both ways."""
        path, query = self._path(name, self._number(name, version, namespace)), {"namespace": namespace}
        return cast("dict[str, Any]", self._http.call("GET", path, query=query))

    def preview(
        self, name: str, version: int | None = None, namespace: str = DEFAULT
    ) -> dict[str, Any] | None:
        """What its publisher's runner made to look at; plain data."""
        path = self._path(name, self._number(name, version, namespace), "/preview")
        answer = self._http.call("GET", path, query={"namespace": namespace})
        return cast("dict[str, Any] | None", answer["preview"])

    def download(self, name: str, target: Path, version: int | None = None, namespace: str = DEFAULT) -> int:
        """Write its bytes to ``target``, whole or not at all; its size. Loading them runs code."""
        path = self._path(name, self._number(name, version, namespace), "/content")
        return keep(stream(self._http, path, {"namespace": namespace}), target)

    def delete(
        self, name: str, version: int | None = None, namespace: str = DEFAULT, force: bool = False
    ) -> int:
        """Delete a version, or with None all of a name; of how many. The latest needs ``force``."""
        query = {"namespace": namespace, "force": "true" if force else None}
        return int(self._http.call("DELETE", self._path(name, version), query=query)["deleted"])

    def promote(self, name: str, version: int, namespace: str = DEFAULT) -> dict[str, Any]:
        """Make an old version the latest again, as a new version of the same object."""
        path, query = self._path(name, version, "/promote"), {"namespace": namespace}
        return cast("dict[str, Any]", self._http.call("POST", path, query=query))

    def describe(
        self,
        name: str,
        version: int,
        namespace: str = DEFAULT,
        description: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Change the description or the tags of a version; None leaves them."""
        said = {"description": description, "tags": None if tags is None else [*tags]}
        path, query = self._path(name, version), {"namespace": namespace}
        return cast("dict[str, Any]", self._http.call("PATCH", path, said, query=query))

    def prune(self, keep: int, dry_run: bool = True, **fields: Any) -> dict[str, Any]:
        """Delete of each name all but the ``keep`` newest versions, or say which. ``fields`` as the API's:
        ``namespace``, ``name``, ``older_than_s``. Of very many it says the first, and deletes all."""
        body = {"keep": keep, "dry_run": dry_run, **fields}
        first = said = cast("dict[str, Any]", self._http.call("POST", "/catalog/prune", body))
        while not dry_run and said["left"] and said["versions"]:
            said = cast("dict[str, Any]", self._http.call("POST", "/catalog/prune", body))
            first["versions"] += said["versions"]
            first["left"] = said["left"]
        return first

    def _number(self, name: str, version: int | None, namespace: str) -> int:
        if version is not None:
            return version
        query = {"namespace": namespace, "limit": 1}
        return int(self._http.call("GET", self._path(name), query=query)["latest"])

    def _path(self, name: str, version: int | None = None, tail: str = "") -> str:
        number = "" if version is None else f"/versions/{version}"
        return f"/catalog/artifacts/{quote(name, safe='')}{number}{tail}"
