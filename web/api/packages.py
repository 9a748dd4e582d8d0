"""Fields about packages that several requests have."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from tasks.environments import requirements
from tasks.environments.locks import LONGEST

_LIST = {"type": "array", "items": {"type": "string", "maxLength": requirements.LONGEST}}


def _as_list(value: Any) -> Any:
    return requirements.split(value) if isinstance(value, str) else value


Packages = Annotated[
    list[Annotated[str, Field(max_length=requirements.LONGEST)]],
    BeforeValidator(_as_list),
    Field(max_length=requirements.MOST),
    AfterValidator(requirements.read),
    WithJsonSchema({"anyOf": [{**_LIST, "maxItems": requirements.MOST}, {"type": "string"}]}),
]
"""PEP 508 requirements: a list, or one text with commas between them; canonical when read."""
PACKAGES = "Requirements as `pandas>=2,<3`: a list, or one text with commas between them"
LockText = Annotated[str, Field(min_length=1, max_length=LONGEST)]
LOCK = "A lock as a file has it: its packages, flavour and hashes"
