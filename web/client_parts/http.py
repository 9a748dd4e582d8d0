"""One connection pool to a server: requests, pages, streams; answers' errors as exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import httpx

from broker_config.wire import errors

CONNECT_S = 5.0
TIMEOUT = httpx.Timeout(30.0, connect=CONNECT_S)
RESOLVING_S = 90.0
"""For requests that may wait until packages are resolved."""
PREFIX = "/api/v1"

BY_CODE: dict[str, type[errors.HuskError]] = {
    cls.code: cls
    for cls in (
        *(errors.BadInput, errors.BadField, errors.NotAvailable, errors.NotFound, errors.Unauthenticated),
        *(
            errors.Forbidden,
            errors.CrossSite,
            errors.Conflict,
            errors.KernelNotRunning,
            errors.WrongTransition,
        ),
        *(errors.TooLarge, errors.Unavailable, errors.StorageFailed, errors.ResolutionFailed),
    )
}
BY_STATUS: dict[int, type[errors.HuskError]] = {
    400: errors.BadInput,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    415: errors.BadInput,
    416: errors.BadInput,
    422: errors.BadField,
    429: errors.Unavailable,
    502: errors.Unavailable,
    503: errors.Unavailable,
    504: errors.Unavailable,
}


class NotReachable(errors.Unavailable):
    """No server answers at that address (exit code 3 of the command line)."""


class Http:
    """Requests with the token. Every method raises ``NotReachable``, or what the server answered."""

    def __init__(self, url: str, token: str, timeout: httpx.Timeout = TIMEOUT) -> None:
        self.url = url.rstrip("/").removesuffix(PREFIX)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # A proxy of the environment would be asked for loopback, too. Certificates take 20 ms to load, and
        # without TLS nobody asks for them: redirects are not followed.
        self._client = httpx.Client(
            base_url=f"{self.url}{PREFIX}",
            headers=headers,
            timeout=timeout,
            verify=self.url.startswith("https:"),
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
        patience_s: float | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The answer's JSON; None where it has no body. ``patience_s``: for its answer, if it takes long."""
        answer = self._ask(method, path, body, query, patience_s, headers)
        return answer.json() if answer.content else None

    def text(self, path: str, query: dict[str, Any] | None = None) -> str:
        """An answer that is a text file."""
        return self._ask("GET", path, None, query, None).text

    def _ask(
        self,
        method: str,
        path: str,
        body: Any,
        query: dict[str, Any] | None,
        patience_s: float | None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        options: dict[str, Any] = {"params": asked, "headers": headers}
        if body is not None:
            options["json"] = body
        if patience_s is not None:
            options["timeout"] = httpx.Timeout(patience_s, connect=CONNECT_S)
        try:
            answer = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise unreachable(self.url, error) from None
        check(answer)
        return answer

    def pages(self, path: str, query: dict[str, Any] | None = None) -> Iterator[Any]:
        """Every item of a list, page after page."""
        after: str | None = None
        while True:
            page = self.call("GET", path, query={**(query or {}), "limit": 500, "after": after})
            yield from page["items"]
            after = cast("str | None", page["next"])
            if after is None:
                return

    @property
    def client(self) -> httpx.Client:
        """For streams."""
        return self._client


def unreachable(url: str, error: httpx.HTTPError) -> errors.HuskError:
    """The exception for a request that got no answer."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return NotReachable(f"no Husk answers at {url}: start it with `husk up`")
    return errors.Unavailable(f"{url} did not answer ({type(error).__name__})")


def check(answer: httpx.Response) -> None:
    """Raise what an answer that is no success says."""
    if answer.is_success:
        return
    try:
        told = answer.json()["error"]
        code, message, field = str(told["code"]), str(told["message"]), told.get("field")
    except (ValueError, KeyError, TypeError, httpx.ResponseNotRead):
        code, message, field = "", f"the server answered {answer.status_code}", None
    kind = BY_CODE.get(code) or BY_STATUS.get(answer.status_code, errors.HuskError)
    raise kind(message, field)
