"""Types of fields that more than one resource has. Strict: no number as text, no truth as a number."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from broker_config.wire import names

MOST_PER_PAGE = 500
PER_PAGE = 50
LONGEST_TIMEOUT_S = 7 * 86_400.0
_CELL_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


class Strict(BaseModel):
    """Base of every request: unknown fields are refused, types are taken as they are."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Shape(BaseModel):
    """Base of every answer's description; answers themselves are plain data."""

    model_config = ConfigDict(extra="forbid")


def _clean_name(value: str) -> str:
    if names.has_control(value):
        raise ValueError("holds no control, bidi or surrogate characters")
    value = unicodedata.normalize("NFC", value).strip()
    if not value:
        raise ValueError("is not empty or blank")
    return value


def _matching(pattern: re.Pattern[str], allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(allowed)
        return value

    return AfterValidator(check)


def _whole(value: Any) -> Any:
    # Queries are text; only plain digits are a number in them.
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            raise ValueError("is a whole number in plain digits")
        return int(value)
    return value


def _truth(value: Any) -> Any:
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise ValueError("is true or false")
        return value == "true"
    return value


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_clean_name)]
LongName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_clean_name)]
KernelId = Annotated[
    str,
    Field(min_length=1, max_length=40, json_schema_extra={"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$"}),
    _matching(
        names.KERNEL_ID, "is 1 to 40 ASCII letters, digits, '-', '_', and starts with a letter or digit"
    ),
]
FlowId = Annotated[
    str,
    Field(max_length=64, json_schema_extra={"pattern": "^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})?$"}),
    AfterValidator(lambda value: value if value == "" or names.FLOW_ID.fullmatch(value) else _refuse_id()),
]
NodeId = Annotated[
    str,
    Field(min_length=1, max_length=64, json_schema_extra={"pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"}),
    AfterValidator(lambda value: value if names.FLOW_ID.fullmatch(value) else _refuse_id()),
]
CellId = Annotated[
    str,
    Field(min_length=1, max_length=64, json_schema_extra={"pattern": "^[A-Za-z0-9_.-]{1,64}$"}),
    _matching(_CELL_ID, "is 1 to 64 ASCII letters, digits, '.', '-', '_'"),
]
Seconds = Annotated[float, Field(gt=0, le=LONGEST_TIMEOUT_S)]
Limit = Annotated[
    int,
    BeforeValidator(_whole),
    Field(ge=1, le=MOST_PER_PAGE),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": PER_PAGE}),
]
Flag = Annotated[bool, BeforeValidator(_truth), WithJsonSchema({"type": "boolean", "default": False})]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0})]
Cursor = Annotated[str, Field(min_length=1, max_length=8192)]


def _refuse_id() -> str:
    raise ValueError("is 1 to 64 ASCII letters, digits, '.', '-', '_', and starts with a letter or digit")


class PageQuery(Strict):
    """Paging of a list."""

    after: Cursor | None = Field(None, description="`next` of the page before")
    limit: Limit = Field(PER_PAGE, description="Items at most")
