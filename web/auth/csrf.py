"""Whether a browser's request comes from our own pages: cookies alone say only whose browser it is.

Three independent signs: ``SameSite`` on the cookie, where the browser says that the request began
(``Sec-Fetch-Site``, ``Origin``), and a token that only our pages can read.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Request

from broker_config.wire.errors import CrossSite
from web.auth.login import Caller
from web.auth.rules import READS

HEADER = "X-CSRF-Token"
QUESTIONS = frozenset({"flower.tasks"})
"""Change nothing, and come from a page that knows no token of ours."""
# Another port of this host is the same site, and may be a kernel's own server.
OURS = frozenset({"same-origin", "none"})


def check(request: Request, caller: Caller) -> None:
    """Raise ``CrossSite`` where a session's cookie was sent along by a page that is not ours."""
    if caller.session is None:
        return
    check_origin(request)
    if request.method in READS or request.endpoint in QUESTIONS:
        return
    if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), (caller.csrf or "").encode()):
        raise CrossSite(f"a change needs the header {HEADER} with the token of this session: reload the page")


def check_origin(request: Request) -> None:
    """Raise ``CrossSite`` where the browser says that another site's page sent this."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in OURS and not _is_link(request):
        raise CrossSite("this was sent by a page of another site")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise CrossSite("this was sent by a page of another site")


def _is_link(request: Request) -> bool:
    """Somebody follows a link to a page: it shows, and changes nothing."""
    navigates = request.headers.get("Sec-Fetch-Mode") == "navigate"
    return request.method in READS and navigates and request.headers.get("Sec-Fetch-Dest") == "document"
