"""scikit-learn's estimators: their own HTML, and their parameters."""

from __future__ import annotations

import sys
from typing import Any

from kernel_worker.runner.previews.words import short_repr
from kernel_worker.runner.text import clean, safe_str

LONGEST_HTML = 120_000
LONGEST_PARAMETER = 300
MOST_PARAMETERS = 100


def estimator_preview(obj: Any) -> dict[str, Any] | None:
    """Preview of an estimator; None for anything else."""
    module: Any = sys.modules.get("sklearn.base")
    if module is None or not isinstance(obj, module.BaseEstimator) or isinstance(obj, type):
        return None
    found = list(obj.get_params(deep=False).items())[:MOST_PARAMETERS]
    parameters = {clean(safe_str(k), 200): clean(short_repr(v), LONGEST_PARAMETER) for k, v in found}
    html = obj._repr_html_() if hasattr(obj, "_repr_html_") else ""
    shown = html if isinstance(html, str) and len(html) <= LONGEST_HTML else ""
    made: dict[str, Any] = {"kind": "estimator", "parameters": parameters}
    return {**made, "html": clean(shown, LONGEST_HTML)} if shown else made
