"""A copy of what a namespace holds, for questions: a cell may change the namespace meanwhile."""

# mypy: allow-untyped-calls
# IPython, which this calls up into, has few types.
from __future__ import annotations

import builtins
import inspect
import keyword
from types import MethodType, ModuleType
from typing import Any

from kernel_worker.runner import flowfile
from kernel_worker.runner.chains import MISSING, OfType, follow
from kernel_worker.runner.lazy import LazyModule, module_or_lazy
from kernel_worker.runner.reluctant import Reluctant
from kernel_worker.runner.shell import FlowShell
from kernel_worker.runner.text import clean

FUNCTIONS = (
    *(type(len), type(lambda: 0), type("".join), type(object().__repr__), MethodType),
    *(type(str.join), type(dict.__dict__["fromkeys"]), classmethod, staticmethod),
)


class Live:
    """``names``: variables by name; before the first cell those that every cell finds there.

    ``helper``: a shell, whosever it is, for what IPython's completer wants of one.
    """

    def __init__(self, shell: FlowShell | None, helper: FlowShell | None, reluctant: Reluctant) -> None:
        self.helper = shell or helper
        self.reluctant = reluctant
        self.names: dict[str, Any] = _ours() if shell is None else dict(shell.user_ns)

    def value(self, expression: str) -> Any:
        """What an expression stands for, an ``OfType``, or ``MISSING``.

        Nothing is called, and only such attributes are got as run no code.
        """
        from IPython.core.guarded_eval import EvaluationContext, guarded_eval

        self._load(expression)
        around = EvaluationContext(globals={}, locals=self.names, evaluation="limited")
        try:
            return guarded_eval(expression, around)
        except Exception:
            return follow(expression, self.named)

    def named(self, name: str) -> Any:
        """A variable or builtin, or ``MISSING``."""
        return self.names.get(name, getattr(builtins, name, MISSING))

    def _load(self, expression: str) -> None:
        """Somebody asks what is in ``pl``."""
        root = expression.partition(".")[0]
        if type(self.names.get(root)) is LazyModule and "." in expression:
            dir(self.names[root])
            self.names[root] = module_or_lazy(self.names[root].__name__, root, self.names)


def kind_of(value: Any) -> str:
    """``function``, ``class``, ``module``, ``property`` or ``variable``, by its type alone."""
    kind = type(value)
    if issubclass(kind, type):
        return "class"
    if issubclass(kind, ModuleType):
        return "module"
    if issubclass(kind, property):
        return "property"
    if issubclass(kind, FUNCTIONS) or kind.__name__ in {
        "ufunc",
        "cython_function_or_method",
        "_ArrayFunctionDispatcher",
    }:
        return "function"
    return "variable"


def kind_of_name(live: Live, name: str) -> str:
    """The same of a name; ``keyword`` for one of the language's."""
    value = live.named(name)
    if value is MISSING:
        return "keyword" if keyword.iskeyword(name) else "variable"
    return kind_of(value)


def kind_of_attribute(value: Any, name: str) -> str:
    """The same of an attribute, without getting it."""
    if issubclass(type(value), ModuleType):
        return kind_of(vars(value).get(name))
    try:
        return kind_of(inspect.getattr_static(value.cls if type(value) is OfType else value, name))
    except (AttributeError, TypeError):
        return "variable"


def attributes_of(value: Any) -> list[str]:
    """Names of its attributes, by its class alone; sorted, those that begin with ``_`` last."""
    names = type.__dir__(value.cls if type(value) is OfType else type(value))
    return sorted(set(names), key=lambda name: (name.startswith("_"), name))


def type_of(value: Any) -> str:
    """Name of its class."""
    return clean((value.cls if type(value) is OfType else type(value)).__qualname__, 200)


def documentation(value: Any) -> str:
    """What it says of itself; of a value that is neither code nor module nothing: it is its type's."""
    if kind_of(value) == "variable" and not callable(value):
        return ""
    try:
        return inspect.getdoc(value) or ""
    except Exception:
        return ""


def _ours() -> dict[str, Any]:
    names: dict[str, Any] = {
        **{"flowfile": flowfile, "flowfile_ctx": flowfile},
        "display": flowfile.display,
    }
    names["pl"] = module_or_lazy("polars", "pl", names)
    return names
