"""Figures of the system, and messages that nobody could read. For admins."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from flask import Response
from pydantic import AfterValidator, Field

from broker_config.wire.errors import BadField, NotFound
from tasks.figures import letters
from tasks.figures.letters import Letter
from web import audit
from web.answers import json_answer
from web.api.documents import answers, resource
from web.api.shapes.basic import moment
from web.api.shapes.figures import Discarded, LetterList, SystemFigures
from web.context import services, web
from web.validation.checked import checked
from web.validation.fields import PageQuery, Strict

api = resource("figures", "How Husk itself does, for admins")

ID_CHARS = 32
LONGEST_PLACE = 6


def _letter(ref: str) -> str:
    if len(ref) != ID_CHARS or not set(ref) <= set("0123456789abcdef"):
        raise NotFound("there is no such message")
    return ref


class LetterPath(Strict):
    """One dead letter."""

    letter_id: Annotated[str, AfterValidator(_letter)] = Field(description="Its id in the list")


@api.get("/system/figures", responses=answers(200, SystemFigures))
@checked
def now() -> Response:
    """Queues, processes, kernels' memory; what ended in the last hour, minute by minute."""
    return json_answer(web().figures.get())


@api.get("/system/dead-letters", responses=answers(200, LetterList))
@checked
def dead_letters(query: PageQuery) -> Response:
    """Messages that lay in a kernel's queue and that nobody could read, the newest first."""
    start = _place(query.after)
    found, total = letters.letters(services().redis, start, query.limit)
    end = start + len(found)
    after = str(end) if found and end < total else None
    return json_answer({"items": [_show(one) for one in found], "next": after, "total": total})


@api.delete("/system/dead-letters/<letter_id>", responses=answers(200, Discarded))
@checked
def discard(path: LetterPath) -> Response:
    """Throw one away for good. It cannot be tried again: nobody knows what it was."""
    with services().ledger.write() as session:
        audit.note(session, "dead_letter.discard", path.letter_id, number=1)
        if letters.discard(services().redis, path.letter_id) is None:
            raise NotFound("there is no such message")
    return json_answer({"discarded": 1})


@api.delete("/system/dead-letters", responses=answers(200, Discarded))
@checked
def discard_all() -> Response:
    """Throw all of them away for good."""
    with services().ledger.write() as session:
        number = letters.discard_all(services().redis)
        audit.note(session, "dead_letter.discard", "all", number=number)
    return json_answer({"discarded": number})


def _place(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isdecimal() and after.isascii() and len(after) <= LONGEST_PLACE):
        raise BadField("is no `next` of this list", "after")
    return int(after)


def _show(one: Letter) -> dict[str, Any]:
    return {**asdict(one), "at": moment(one.at)}
