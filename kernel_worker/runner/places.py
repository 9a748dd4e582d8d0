"""Where in code a cursor is: the expression that it is on, the call whose arguments it is in. Pure."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

MOST_CODE = 20_000
OPENERS, CLOSERS = frozenset("([{"), frozenset(")]}")
QUOTES = frozenset("'\"")
VALUES = frozenset({"True", "False", "None"})
SPACE = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT})


@dataclass(frozen=True, slots=True)
class Call:
    """An open call: ``position`` counts the commas before the cursor, ``keyword`` is an argument's name."""

    callee: str
    position: int
    keyword: str | None


@dataclass(slots=True)
class Token:
    kind: int
    text: str
    start: int
    end: int


def near(code: str, cursor: int) -> tuple[str, int]:
    """The lines that lead to a cursor, and where it is in them: cells may be megabytes of data."""
    cursor = max(0, min(cursor, len(code)))
    start = max(0, cursor - MOST_CODE)
    start = code.find("\n", start, cursor) + 1 if start else 0
    end = code.find("\n", cursor, cursor + MOST_CODE)
    return code[start : end if end >= 0 else cursor + MOST_CODE], cursor - start


def expression_at(code: str, cursor: int) -> str | None:
    """The name under the cursor with what it is an attribute of; None where there is none."""
    end = cursor
    while end < len(code) and (code[end].isalnum() or code[end] == "_"):
        end += 1
    tokens = _tokens(code[:end])
    if not tokens or tokens[-1].end != end or not _is_name(tokens[-1]):
        return None
    return code[tokens[_begin(tokens, len(tokens) - 1)].start : end]


def owner_at(code: str, dot: int) -> str | None:
    """The expression before a dot."""
    tokens = _tokens(code[:dot])
    if code[dot : dot + 1] != "." or not tokens or tokens[-1].end != dot or not _may_be_called(tokens[-1]):
        return None
    return code[tokens[_begin(tokens, len(tokens) - 1)].start : dot]


def call_at(code: str, cursor: int) -> Call | None:
    """The innermost call that is open at the cursor."""
    code = code[:cursor]
    tokens = _tokens(code)
    opened: list[list[int]] = []  # index of the bracket, commas, index of the argument's first token
    for at, token in enumerate(tokens):
        if token.text in OPENERS:
            opened.append([at, 0, at + 1])
        elif token.text in CLOSERS and opened:
            opened.pop()
        elif token.text == "," and opened:
            opened[-1][1:] = [opened[-1][1] + 1, at + 1]
    for bracket, commas, first in reversed(opened):
        callee = _callee(code, tokens, bracket)
        if callee is not None:
            return Call(callee, commas, _keyword(tokens[first : first + 2]))
    return None


def _callee(code: str, tokens: list[Token], bracket: int) -> str | None:
    before = bracket - 1
    if tokens[bracket].text != "(" or before < 0 or not _may_be_called(tokens[before]):
        return None
    begin = _begin(tokens, before)
    if begin > 0 and tokens[begin - 1].text in {"def", "class"}:
        return None
    return code[tokens[begin].start : tokens[before].end]


def _keyword(tokens: list[Token]) -> str | None:
    if len(tokens) == 2 and _is_name(tokens[0]) and tokens[1].text == "=":
        return tokens[0].text
    return None


def _begin(tokens: list[Token], last: int) -> int:
    """Index of the first token of the expression that ends with this one."""
    at = last
    while True:
        if tokens[at].text in CLOSERS:
            at = _opener(tokens, at)
            if at > 0 and _may_be_called(tokens[at - 1]):
                at -= 1
                continue
        if at < 2 or tokens[at - 1].text != ".":
            return at
        at -= 2


def _opener(tokens: list[Token], closer: int) -> int:
    depth = 0
    for at in range(closer, -1, -1):
        depth += (tokens[at].text in CLOSERS) - (tokens[at].text in OPENERS)
        if depth == 0:
            return at
    return 0


def _may_be_called(token: Token) -> bool:
    return _is_name(token) or token.text in CLOSERS or token.kind == tokenize.STRING


def _is_name(token: Token) -> bool:
    return token.kind == tokenize.NAME and (token.text in VALUES or not keyword.iskeyword(token.text))


def _tokens(code: str) -> list[Token]:
    """Tokens but for white space; as far as code that is being written has them."""
    lines = list(io.StringIO(code))  # as ``tokenize`` has them: ``splitlines`` knows more ends of lines
    starts = [0, *accumulate(map(len, lines)), len(code)]
    found: list[Token] = []
    for one in _until_error(code):
        start, end = starts[one.start[0] - 1] + one.start[1], starts[one.end[0] - 1] + one.end[1]
        if one.type == tokenize.ERRORTOKEN and one.string in QUOTES:
            break  # of a text that is being written: what follows is no code
        if one.type not in SPACE and end > start:
            found.append(Token(one.type, one.string, start, end))
    return found


def _until_error(code: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(code).readline)
    except (tokenize.TokenError, SyntaxError):
        return
