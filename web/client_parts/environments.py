"""Packages resolved to locks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from web.client_parts.http import RESOLVING_S, Http
from web.client_parts.shapes import LockAnswer


class Environments:
    """What could be made of packages. Nothing is kept by it."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def resolve(self, packages: Sequence[str] | str | None = None, **fields: Any) -> LockAnswer:
        """The lock of packages. ``fields``: ``lock`` (a file's text, looked at), ``kernel``, ``flavour``,
        ``allow_sdist``. With ``kernel``, its lock's versions stay where they may, and the answer says what
        is otherwise.

        Raises:
            ResolutionFailed: they do not go together, in uv's words.
        """
        body = {**({} if packages is None else {"packages": _plain(packages)}), **fields}
        answer = self._http.call("POST", "/environments/resolve", body, patience_s=RESOLVING_S)
        return cast(LockAnswer, answer)


def _plain(packages: Sequence[str] | str) -> list[str] | str:
    return packages if isinstance(packages, str) else list(packages)
