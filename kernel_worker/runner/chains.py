"""What an expression gives, by the annotations on its way: ``df.filter(…).select`` without a call.

Nothing of user code is run: attributes are looked up statically, annotations are names and not evaluated.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any, TypeGuard

MISSING = object()
NAME = re.compile(r"[\w.]+")
DEEPEST = 50


@dataclass(frozen=True, slots=True)
class OfType:
    """Some value of a class: which one is not known before the code runs."""

    cls: type


def follow(expression: str, named: Callable[[str], Any]) -> Any:
    """The value of an expression, an ``OfType``, or ``MISSING``; ``named`` gives values of names."""
    try:
        node = ast.parse(expression, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return MISSING
    return _follow(node, named, DEEPEST)


def _follow(node: ast.expr, named: Callable[[str], Any], left: int) -> Any:
    if left == 0:
        return MISSING
    if isinstance(node, ast.Name):
        return named(node.id)
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Attribute):
        return attribute(_follow(node.value, named, left - 1), node.attr)
    if isinstance(node, ast.Call):
        return _called(_follow(node.func, named, left - 1))
    return MISSING


def attribute(owner: Any, name: str) -> Any:
    """An attribute, methods bound; of a property what it says that it gives."""
    if owner is MISSING:
        return MISSING
    if issubclass(type(owner), ModuleType):
        return vars(owner).get(name, MISSING)
    try:
        found = inspect.getattr_static(owner.cls if type(owner) is OfType else owner, name)
    except (AttributeError, TypeError):
        return MISSING
    return _got(found, owner)


def _got(found: Any, owner: Any) -> Any:
    if type(found) is property:
        return _annotated(found.fget, owner)
    if type(found) is staticmethod:
        return found.__func__
    if type(found) is classmethod:
        return MethodType(found.__func__, _class(owner))
    if type(found) is FunctionType:
        return found if _is_class(owner) else MethodType(found, owner)
    return MISSING if hasattr(type(found), "__get__") else found


def _called(function: Any) -> Any:
    if function is MISSING or type(function) is OfType:
        return MISSING
    if _is_class(function):
        return OfType(function)
    if type(function) is MethodType:
        return _annotated(function.__func__, function.__self__)
    if type(function) is not FunctionType:
        return _annotated(inspect.getattr_static(type(function), "__call__", None), function)
    return _annotated(function, MISSING)


def _annotated(function: Any, owner: Any) -> Any:
    """A value of the class that a function says it returns; of several the first."""
    if type(function) is not FunctionType:
        return MISSING
    told = function.__annotations__.get("return")
    if _is_class(told):
        return OfType(told)
    word = NAME.match(told) if type(told) is str else None
    if word is None:
        return MISSING
    if word[0] in {"Self", "typing.Self"}:
        return MISSING if owner is MISSING else OfType(_class(owner))
    found = _global(function, word[0])
    return OfType(found) if _is_class(found) else MISSING


def _global(function: FunctionType, name: str) -> Any:
    """Where the function sees it, or where its package shows it: what is imported for checkers alone."""
    package = sys.modules.get((function.__module__ or "").partition(".")[0])
    first, _, rest = name.partition(".")
    for place in (function.__globals__, vars(package) if package else {}, vars(builtins)):
        found = place.get(first, MISSING)
        for part in rest.split(".") if rest else ():
            found = vars(found).get(part, MISSING) if issubclass(type(found), ModuleType) else MISSING
        if found is not MISSING:
            return found
    return MISSING


def _is_class(value: Any) -> TypeGuard[type]:
    """``isinstance`` asks the value, too."""
    return issubclass(type(value), type)


def _class(owner: Any) -> type:
    if type(owner) is OfType:
        return owner.cls
    return owner if _is_class(owner) else type(owner)
