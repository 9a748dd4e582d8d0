"""The flavours' own packages, as this version of Husk ships them: floors and preferences of every lock."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

from packaging.markers import Marker

from broker_config.wire.errors import BadField

TOP = Path(__file__).resolve().parents[2]
FOLDERS = (TOP / "compose" / "requirements", TOP / "tasks/runtimes/kernel_image/requirements")
"""In a checkout, and in a wheel; see pyproject.toml."""
# As pyproject.toml's groups have them; a unit test compares.
_BASE = ("cloudpickle", "ipython", "joblib", "matplotlib", "numpy", "pandas", "polars", "pyarrow")
_ML = ("lightgbm", "plotly", "scikit-learn", "statsmodels", "xgboost-cpu")
ROOTS = {"base": _BASE, "ml": tuple(sorted((*_BASE, *_ML)))}
IMAGE_PYTHON = "3.11"
"""Of the kernels' images: Debian 12's."""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;([^\\]*))?\\?$")


def this_python() -> str:
    """The Python that Husk runs on, which is that of process kernels: ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def python_of(runtime: str) -> str:
    """The Python of a runtime's kernels, by the runtime's name."""
    return this_python() if runtime == "process" else IMAGE_PYTHON


def base_roots(flavour: str) -> list[str]:
    """Names of the packages that the flavour is made of, without what they need in turn."""
    return list(ROOTS[_known(flavour)])


def base_pins(flavour: str, python: str = "") -> dict[str, str]:
    """Version by name of everything in the flavour, for Linux and a Python ``3.N`` (empty: ours)."""
    return dict(_pins(_known(flavour), python or this_python()))


@cache
def _pins(flavour: str, python: str) -> tuple[tuple[str, str], ...]:
    text = next((folder / f"{flavour}.txt" for folder in FOLDERS if folder.is_dir()), FOLDERS[0]).read_text()
    where = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    found = (PIN.match(line) for line in text.splitlines())
    return tuple(
        (pin[1], pin[2]) for pin in found if pin and (not pin[3] or Marker(pin[3]).evaluate(dict(where)))
    )


def _known(flavour: str) -> str:
    if flavour not in ROOTS:
        raise BadField(f"no such flavour: there are {', '.join(ROOTS)}", "flavour")
    return flavour
