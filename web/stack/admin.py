"""The first account: the token by which the command line of this folder gets in, and links for browsers."""

from __future__ import annotations

import time

from tasks.ledger import audit, links, tokens, users
from tasks.ledger.audit import Actor, Change
from tasks.services import Services
from web.stack.private_file import write_private
from web.stack.reached import token_file

NAME = "admin"
LABEL = "command line of the data folder"
STACK = Actor(None, "husk up", "")


def ensure(services: Services) -> str:
    """Make user and token unless the kept token still opens the door; returns the token.

    Raises:
        Unavailable: the database did not answer.
    """
    path = token_file(services.settings)
    kept = path.read_text().strip() if path.exists() else ""
    now = time.time()
    with services.ledger.write() as session:
        found = tokens.authenticate(session, kept, now) if kept else None
        if found is not None and found[0].name == NAME:
            return kept
        user = users.by_name(session, NAME) or users.create(session, NAME, "admin", now)
        if user.disabled:
            users.set_disabled(session, user.id, False)
        token, plain = tokens.create(session, user.id, LABEL, "write", now)
        change = Change("token.create", f"token:{token.id}", {"user": NAME, "scope": "write"})
        audit.note(session, STACK, change, now)
    write_private(path, f"{plain}\n".encode())
    return plain


def link(services: Services, landing: str | None) -> str:
    """A one-time link's address below the API's: it logs the admin in, and begins with the page ``landing``.

    The secret stands behind ``#``: no server sees it in an address.

    Raises:
        Unavailable: the database did not answer.
    """
    now = time.time()
    with services.ledger.write() as session:
        user = users.by_name(session, NAME)
        assert user is not None
        secret = links.create(session, user, now, landing)[1]
        audit.note(session, STACK, Change("user.link", f"user:{NAME}", {}), now)
    return f"/login#link={secret}"
