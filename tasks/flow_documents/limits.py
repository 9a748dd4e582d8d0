"""How much may stand in a flow's document, and which words; the JSON Schema says the same."""

from __future__ import annotations

import re

from broker_config.wire import names

MOST_NODES = 10_000
MOST_CONNECTIONS = 50_000
MOST_PARAMETERS = 100
MOST_OUTPUTS = 100
MOST_CELLS = 1_000
MOST_COLUMNS = 1_000
MOST_ROWS = 10_000
MOST_TAGS = 50
LARGEST_BYTES = 8 * 1024 * 1024
"""A document as JSON."""
LONGEST_TEXT = 10_000
"""Of a description."""
LONGEST_PARAMETER = 65_536
"""Of a parameter's text."""
LONGEST_NAME = 200
FARTHEST = 1_000_000.0
"""Of a node's place on the canvas, from its middle."""
LONGEST_TIMEOUT_S = 7 * 86_400.0
WIDEST_WHOLE = 2**63 - 1

TYPES = ("python_script", "input", "sql", "output")
PARAMETER_TYPES = ("string", "integer", "number", "boolean", "date")
FORMATS = ("parquet", "csv", "json_lines")
"""Of shared files that nodes read and write."""
INLINE_TYPES = (
    *("Boolean", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"),
    *("Float32", "Float64", "String", "Date", "Datetime", "Time"),
)
"""Polars' names of what columns of an inline table may be; dates and times are ISO 8601 text in it."""
COLUMN_TYPES = (*INLINE_TYPES, "Duration", "Binary", "Categorical")
"""Polars' names that a schema may say."""

NODE_ID = names.FLOW_ID
INPUT = re.compile(r"[a-z][a-z0-9_]{0,199}", re.ASCII)
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
