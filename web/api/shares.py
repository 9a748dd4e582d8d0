"""With whom a kernel is shared."""

from __future__ import annotations

import time
from typing import Literal

from flask import Response
from pydantic import Field

from broker_config.wire.errors import BadField
from tasks.kernels.broker import wake
from tasks.ledger import shares, users
from tasks.ledger.models import Kernel
from tasks.ledger.session import Session
from web import audit
from web.answers import json_answer
from web.api.documents import answers, resource
from web.api.kernels import find, find_in
from web.api.paths import KernelPath
from web.context import services, web
from web.validation.checked import checked
from web.validation.fields import Name, Shape, Strict

api = resource("shares", "Kernels shared with named users")


class ShareBody(Strict):
    """One user: a viewer sees the kernel and its cells, an editor runs cells on it, too."""

    user: Name
    role: Literal["viewer", "editor"]


class SharesBody(Strict):
    """Everybody with whom it is shared from now on."""

    shares: list[ShareBody] = Field(max_length=shares.MOST_OF_ONE)


class ShareShape(Shape):
    """One user."""

    user: str
    role: str


class Shares(Shape):
    """With whom a kernel is shared, by name."""

    shares: list[ShareShape]


@api.get("/kernels/<kernel_id>/shares", responses=answers(200, Shares))
@checked
def every(path: KernelPath) -> Response:
    """With whom a kernel is shared; its owner and admins may know."""
    return _answer(find(path.kernel_id).uid)


@api.put("/kernels/<kernel_id>/shares", responses=answers(200, Shares))
@checked
def replace(path: KernelPath, body: SharesBody) -> Response:
    """Share a kernel with these users and nobody else. Who is left out loses it within seconds."""
    with services().ledger.write() as session:
        kernel = find_in(session, path.kernel_id)
        roles = _roles(session, kernel, body)
        shares.replace(session, kernel.uid, roles, time.time())
        detail = {share.user: share.role for share in body.shares}
        audit.note(session, "kernel.share", kernel.uid, shares=detail)
    web().kernel_ids.forget()
    wake(services().redis, kernel.uid)
    return _answer(kernel.uid)


def _roles(session: Session, kernel: Kernel, body: SharesBody) -> dict[int, str]:
    roles: dict[int, str] = {}
    for number, share in enumerate(body.shares):
        user = users.by_name(session, share.user)
        where = f"shares[{number}].user"
        if user is None:
            raise BadField("there is no such user", where)
        if user.id == kernel.owner_id:
            raise BadField("it is this user's own kernel", where)
        if user.id in roles:
            raise BadField("this user stands here twice", where)
        roles[user.id] = share.role
    return roles


def _answer(uid: str) -> Response:
    with services().ledger.read() as session:
        found = shares.of_kernel(session, uid)
    return json_answer({"shares": [{"user": name, "role": role} for name, role in found]})
