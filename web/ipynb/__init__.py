"""Notebooks as files of Jupyter's, in and out. Pure: plain data here, plain data there."""

from web.ipynb.cells import Cell, File
from web.ipynb.outputs import outputs_of
from web.ipynb.reading import MOST_CELLS, checked_outputs, read
from web.ipynb.writing import write

__all__ = ["MOST_CELLS", "Cell", "File", "checked_outputs", "outputs_of", "read", "write"]
