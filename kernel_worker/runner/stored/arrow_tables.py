"""Arrow tables as Parquet."""

from __future__ import annotations

from typing import Any

from kernel_worker.runner.spool import path_of, writing
from kernel_worker.runner.stored.faults import DoesNotFit

TRIAL_ROWS = 100


def write_arrow(obj: Any, fd: int) -> dict[str, Any]:
    """Write to the file; no meta.

    Raises:
        DoesNotFit: a type that Parquet does not know, or that does not come back as it was.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        head = obj.slice(0, TRIAL_ROWS)
        file = pa.BufferOutputStream()
        pq.write_table(head, file)
        back = pq.read_table(pa.BufferReader(file.getvalue()))
        if back.schema.metadata != head.schema.metadata or not back.equals(head):
            raise DoesNotFit("a column has a type that does not come back from Parquet as it was")
        with writing(fd) as out:
            pq.write_table(obj, out)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise DoesNotFit(str(error)) from None
    return {}


def read_arrow(fd: int) -> Any:
    """An Arrow table."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path_of(fd)) as file:
        return file.read()
