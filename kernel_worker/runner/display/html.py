"""Strings that are HTML."""

from __future__ import annotations

import re
from typing import Any

TAGS = (
    "a|abbr|article|aside|audio|b|big|blockquote|body|br|button|canvas|caption|center|cite|code|col|colgroup"
    "|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe"
    "|img|input|ins|kbd|label|legend|li|link|main|map|mark|meta|nav|ol|option|p|pre|progress|q|s|samp|script"
    "|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot"
    "|th|thead|time|title|tr|tt|u|ul|var|video"
)
# A tag on its own or with attributes: `List<int>` and `a<b` hold none, `a < b > c` neither.
TAG = re.compile(rf"</?(?:{TAGS})(?:\s+[a-z_:@][^<>]*)?\s*/?>", re.IGNORECASE)
LONGEST_SEARCH = 1_000_000


def html_bundle(obj: Any, _max_rows: int) -> dict[str, Any] | None:
    """A string that holds a known tag; None for anything else."""
    if not isinstance(obj, str) or not TAG.search(obj[:LONGEST_SEARCH]):
        return None
    return {"text/html": str(obj), "text/plain": str(obj)}
