"""Shared files as the API tells of them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tasks.ledger.models import SharedFile
from web.api.shapes.basic import LIST_END, moment
from web.validation.fields import Shape


class FileShape(Shape):
    """One version of a file."""

    path: str
    version: int
    size: int = Field(description="Bytes")
    sha256: str
    created_at: str | None
    deleted: bool = Field(description="Whether this version says that the file was deleted")
    damaged: bool
    execution_id: str | None = Field(description="The cell that wrote it")


class FileList(Shape):
    """Files by path, or versions of one, newest first."""

    items: list[FileShape]
    folders: list[str] = Field([], description="With `delimiter`: folders directly below, ending in `/`")
    next: str | None = Field(description=LIST_END)


class UploadShape(Shape):
    """An upload in parts that is not whole yet."""

    path: str
    upload: str = Field(description="The client's own name for it")
    received: int = Field(description="Bytes that are there: the next part begins with this one")
    total: int = Field(description="Bytes in all")


def show(row: SharedFile) -> dict[str, Any]:
    """A row as a ``FileShape``."""
    plain = ("path", "version", "size", "sha256", "damaged", "execution_id")
    return {
        **{name: getattr(row, name) for name in plain},
        "created_at": moment(row.created_at),
        "deleted": row.object_key is None,
    }
