"""Flower, behind the dashboard's door: for admins who are logged in, and only to look at.

What it shows comes partly from kernels, which may forge events; so its pages run no script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from broker_config.settings import Settings
from broker_config.wire.errors import Unavailable
from web.context import services
from web.flower_door import PREFIX, TASKS, address, header

if TYPE_CHECKING:
    import httpx

flower = Blueprint("flower", __name__)

ANSWER_S, CONNECT_S = 15.0, 2.0
MOST_AT_ONCE = 8
"""Request threads that may wait for Flower."""
LONGEST_QUESTION = 65_536
PASSED_ON = ("Content-Type", "ETag", "Last-Modified", "Location")
# The one script in its pages.
INLINE = tuple(f"\nvar autorefresh = {value};\n" for value in (0, 1))
HASHES = " ".join(
    f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in INLINE
)
POLICY = (
    f"default-src 'none'; script-src 'self' {HASHES}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_turns = threading.BoundedSemaphore(MOST_AT_ONCE)


@flower.get(f"/{PREFIX}/")
@flower.get(f"/{PREFIX}/<path:path>")
def page(path: str = "") -> Response:
    """A page of Flower's, or a part of one."""
    return _ask(services().settings, "GET", f"/{PREFIX}/{quote(path)}")


@flower.post(TASKS)
def tasks() -> Response:
    """The list of tasks."""
    body = request.stream.read(LONGEST_QUESTION + 1)
    if len(body) > LONGEST_QUESTION:
        raise RequestEntityTooLarge(f"a question to Flower has at most {LONGEST_QUESTION} bytes")
    return _ask(services().settings, "POST", TASKS, body)


def _ask(settings: Settings, method: str, path: str, body: bytes | None = None) -> Response:
    import httpx  # here, since it takes 0.15 s of the web's start

    headers = header(settings)
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    if not _turns.acquire(blocking=False):
        raise Unavailable("Flower is busy: try again")
    try:
        url = f"{address(settings, path)}?{request.query_string.decode('ascii', 'replace')}"
        # Nothing of the browser's goes on: no cookie, no header.
        # Without certificates, which take 20 ms to load: this is loopback.
        plain, timeout = httpx.HTTPTransport(verify=False), httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        with httpx.Client(transport=plain, timeout=timeout, trust_env=False) as client:
            answer = client.request(method, url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"Flower does not answer ({type(error).__name__}): see `husk status`") from None
    finally:
        _turns.release()
    return _answer(answer)


def _answer(answer: httpx.Response) -> Response:
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise Unavailable("Flower runs with another HUSK_SECRET_KEY: restart the stack")
    passed = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    response = Response(answer.content, answer.status_code, passed)
    response.headers["Content-Security-Policy"] = POLICY
    return response
