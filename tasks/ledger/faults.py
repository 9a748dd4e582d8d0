"""Driver errors become Husk's own here; nobody outside the ledger sees SQLAlchemy's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from broker_config.wire.errors import BadField, Conflict, Unavailable

# PostgreSQL's JSON has no NaN and no Infinity, so neither has SQLite's here.
finite_json = partial(json.dumps, separators=(",", ":"), allow_nan=False)


@contextmanager
def translated() -> Iterator[None]:
    """Translate what leaves the block.

    Raises:
        Conflict: a constraint of the database was broken.
        BadField: a value that the database cannot hold (too large a number, NUL in text).
        Unavailable: busy, gone, out of connections, or anything else that its driver says.
    """
    try:
        yield
    except IntegrityError as error:
        raise Conflict("this is there already, or what it belongs to is not") from error
    except DataError as error:
        raise BadField("a value is out of the range that can be stored, or text holds a NUL") from error
    except DBAPIError as error:
        raise Unavailable("the database does not answer, or is busy; try again") from error
    except StatementError as error:
        if not isinstance(error.orig, ValueError):
            raise
        raise BadField("a number is not finite") from error
    except PoolTimeout as error:
        raise Unavailable("the database is busy: all connections are in use") from error


@contextmanager
def conflict(message: str, field: str | None = None) -> Iterator[None]:
    """Say what a broken constraint means here. Leave the ledger's block after it: it is rolled back."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(message, field) from error


def refuse_unstorable(engine: Engine) -> None:
    """Make the drivers' plain Python errors about values ``BadField`` (events of kernels can cause them)."""
    event.listen(engine, "handle_error", _unstorable)


def _unstorable(context: ExceptionContext) -> None:
    if isinstance(context.original_exception, OverflowError | ValueError):
        raise BadField(
            "a number is too large or not finite, or text is not valid Unicode"
        ) from context.original_exception
