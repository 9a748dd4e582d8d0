"""What a notebook is asked to be."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from broker_config.wire.errors import BadField, NotFound
from tasks.ledger import kernels
from tasks.ledger.notebooks import NewCell, kept
from tasks.ledger.session import Session
from web.context import caller
from web.ipynb import MOST_CELLS, checked_outputs
from web.validation.fields import CellId, Flag, KernelId, LongName, PageQuery, Strict, Whole


class NotebookCellBody(Strict):
    """A cell."""

    id: CellId
    kind: Literal["code", "markdown"] = "code"
    source: str
    outputs: list[dict[str, Any]] | None = Field(
        None, description="Of a file, as nbformat has them. Left out: those that this cell has; null: none"
    )


class NotebookBody(Strict):
    """A notebook. Its kernel is where the page sends its cells; any other runs them, too."""

    name: LongName
    kernel: KernelId | None = None
    cells: list[NotebookCellBody] = Field([], max_length=MOST_CELLS)
    label: LongName | None = Field(None, description="Keeps this version apart from the saves around it")


class NotebookChange(NotebookBody):
    """A notebook's next version."""

    version: Annotated[int, Field(ge=1)] | None = Field(
        None, description="The version that it was made from, where no `If-Match` says it"
    )


class NotebookFile(BaseModel):
    """A file of Jupyter's, of format 3 or 4. What it holds is validated with nbformat."""

    model_config = ConfigDict(extra="allow", strict=True)

    nbformat: int
    nbformat_minor: int = 0
    metadata: dict[str, Any] = Field({})

    def whole(self) -> dict[str, Any]:
        """All that the file holds."""
        return {**(self.model_extra or {}), **{name: getattr(self, name) for name in type(self).model_fields}}


class NotebookListQuery(PageQuery):
    """Which notebooks."""

    q: str | None = Field(None, max_length=200, description="Part of the name")
    all: Flag = Field(False, description="Everybody's, for an admin")


class NotebookVersionQuery(Strict):
    """At which version."""

    version: Whole | None = Field(None, description="None: the newest")


class NotebookImportQuery(Strict):
    """What the new notebook is called, and its kernel."""

    name: LongName | None = Field(None, description="None: the file's title, or `Untitled`")
    kernel: KernelId | None = None


def new_cells(body: NotebookBody) -> list[NewCell]:
    """The cells to save; raises ``BadField``: two have one id, or outputs are not nbformat's."""
    ids: set[str] = set()
    for number, cell in enumerate(body.cells):
        if cell.id in ids:
            raise BadField(f"cells[{number}].id is the id of an earlier cell, too", f"cells[{number}].id")
        ids.add(cell.id)
    return [_cell(one, number) for number, one in enumerate(body.cells)]


def kernel_uid(session: Session, ref: str | None, stored: str | None = None) -> str | None:
    """The kernel that is meant; raises ``BadField`` where there is none."""
    if ref is None or ref == stored:
        return ref
    try:
        return kernels.visible(session, caller().user, ref).uid
    except NotFound as error:
        raise BadField(str(error), "kernel") from None


def _cell(body: NotebookCellBody, number: int) -> NewCell:
    keeps = "outputs" not in body.model_fields_set
    outputs = checked_outputs(body.outputs, f"cells[{number}].outputs") if body.outputs else []
    return NewCell(body.id, body.kind, body.source, kept(outputs), keeps)
