"""Whether a Docker Engine is here."""

from __future__ import annotations

import httpx

SOCKET = "/var/run/docker.sock"
ASK_S = 2.0


def trouble(socket: str = SOCKET) -> str | None:
    """Why no engine can be asked, as a sentence; None if one answers."""
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=socket), timeout=ASK_S) as client:
            answer = client.get("http://engine/_ping")
    except httpx.HTTPError:
        return "no Docker Engine answers"
    return None if answer.status_code == httpx.codes.OK else f"Docker Engine answers {answer.status_code}"
