"""How a command reaches a Husk: which address, with which token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from broker_config.settings import load_settings
from web.client import Husk, NotReachable
from web.stack.reached import base_url, token_file


@contextmanager
def opened(context: click.Context) -> Iterator[Husk]:
    """The client of the Husk that the command line is about, closed at the end.

    Raises:
        NotReachable: no stack ever ran in this data folder.
    """
    settings = load_settings()
    given = context.obj or {}
    path = Path(given["token_file"]) if given.get("token_file") else token_file(settings)
    try:
        token = path.read_text().strip()
    except OSError as error:
        raise NotReachable(
            f"no token in {path} ({error.strerror}): `husk up`, or --url and --token-file"
        ) from None
    with Husk(given.get("url") or base_url(settings), token) as husk:
        yield husk


def shown_url(context: click.Context, husk: Husk) -> str:
    """The address to show to people: the one that was given, else ``HUSK_WEB_URL``, else where it listens."""
    if (context.obj or {}).get("url"):
        return husk.url
    return load_settings().web_url.rstrip("/") or husk.url
