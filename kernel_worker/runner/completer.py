"""IPython's completer, asked matcher by matcher.

Its own loop prints what a matcher raises where a running cell's output goes, and goes on when it is told to
stop. And it warns that it is provisional: to catch a warning changes the filters of the whole process.
"""

# mypy: allow-untyped-calls
# IPython, which this calls up into, has few types.
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kernel_worker.runner.chains import MISSING
from kernel_worker.runner.live import Live

LIMIT = 500
MATCHERS = ("dict_key_matcher", "file_matcher", "python_func_kw_matcher", "magic_matcher", "python_matcher")


def completer_of(live: Live) -> Any:
    """A completer of these names; ``owner`` is what it last looked for attributes of, or ``MISSING``."""
    from IPython.core.completer import IPCompleter, not_found
    from traitlets.config import Config

    class Completer(IPCompleter):
        owner: Any = MISSING

        def _evaluate_expr(self, expr: str) -> Any:
            found = super()._evaluate_expr(expr)
            self.owner = MISSING if found is not_found else found
            # Its ``__dir__`` comes next.
            return not_found if live.reluctant.enter(found) else found

    config = Config()
    config.Completer.use_jedi = False  # it is asked for what this does not find, and with a limit
    return Completer(shell=live.helper, namespace=live.names, global_namespace={}, config=config)


def matches(live: Live, completer: Any, code: str, cursor: int) -> Iterator[tuple[str, str, str]]:
    """What it finds: the piece of code before the cursor that a match replaces, IPython's type, the match."""
    context = _context(completer, code, cursor)
    found = []
    for name in MATCHERS:
        try:
            result = getattr(completer, name)(context)
        except Exception:  # noqa: S112 (one of a user's object: others may have something)
            continue
        finally:
            live.reluctant.leave()
        fragment = result.get("matched_fragment") or context.token
        some = [(fragment, str(one.type or ""), str(one.text)) for one in result["completions"]]
        if some and result.get("suppress"):
            found = some
            break
        found += some
    yield from sorted(found, key=lambda one: (one[2].startswith("_"), one[2]))


def _context(completer: Any, code: str, cursor: int) -> Any:
    from IPython.core.completer import CompletionContext

    before = code[:cursor]
    line, column = before.count("\n"), cursor - (before.rfind("\n") + 1)
    completer.line_buffer = code.split("\n")[line]
    completer.text_until_cursor = completer.line_buffer[:column]
    token = completer.splitter.split_line(completer.line_buffer, column) if completer.line_buffer else ""
    return CompletionContext(
        full_text=code,
        cursor_position=column,
        cursor_line=line,
        token=completer._extract_code(token),
        limit=LIMIT,
    )
