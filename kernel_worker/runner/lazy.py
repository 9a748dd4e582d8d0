"""``pl`` without the cost of Polars: the module is imported at its first use."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

ASKED_BY_PEOPLE = frozenset({"__version__", "__file__", "__all__"})


class LazyModule(ModuleType):
    """Stands for a module in a namespace until one of its attributes is asked for.

    Raises:
        ModuleNotFoundError: at that moment, when the module is not installed.
    """

    def __init__(self, name: str, alias: str, namespace: dict[str, Any]) -> None:
        super().__init__(name)
        self.__dict__.update(_alias=alias, _namespace=namespace)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") and attribute not in ASKED_BY_PEOPLE:
            raise AttributeError(attribute)  # inspection alone imports nothing
        return getattr(self._load(), attribute)

    def __dir__(self) -> list[str]:
        return dir(self._load())

    def __repr__(self) -> str:
        return f"<module {self.__name__!r}, imported when first used>"

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (self.__name__,)

    def _load(self) -> ModuleType:
        module = importlib.import_module(self.__name__)
        namespace = self.__dict__["_namespace"]
        if namespace.get(self.__dict__["_alias"]) is self:
            namespace[self.__dict__["_alias"]] = module
        return module


def module_or_lazy(name: str, alias: str, namespace: dict[str, Any]) -> ModuleType:
    """The module if somebody imported it already, else a stand-in."""
    return sys.modules.get(name) or LazyModule(name, alias, namespace)
