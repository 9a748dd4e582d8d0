"""Whether an exception was lost on its way: raised in a finalizer or a callback, and dropped there.

A signal arrives anywhere, also in a ``__del__``, a weak reference's callback, or a ``__repr__`` that
a warning asks for. What is raised there is printed or dropped, and the cell would run on.
"""

from __future__ import annotations

import dis
import sys
from types import FrameType

REFERENCES_OF_A_KEEPER = 3  # the keeper's attribute, the argument here, the argument of getrefcount
RERAISE = dis.opmap["RERAISE"]


def is_swallowed(error: BaseException, thread: int) -> bool:
    """Whether nothing holds ``error`` any more but its keeper, and no ``except`` of ``thread`` caught it.

    The outermost frame of its traceback is where it ended. If that frame runs on, or ended in
    another way, its code took the exception, which is its right. If the frame ended by the
    exception, there is C code around it, and that dropped it.
    """
    if sys.getrefcount(error) > REFERENCES_OF_A_KEEPER:
        return False
    trace = error.__traceback__
    if trace is None:
        return True  # Python 3.11 attaches a traceback when a handler is entered: none was
    if _runs(trace.tb_frame, sys._current_frames().get(thread)):
        return False
    last = trace.tb_frame.f_lasti
    return last == trace.tb_lasti or trace.tb_frame.f_code.co_code[last] == RERAISE


def _runs(frame: FrameType, top: FrameType | None) -> bool:
    while top is not None:
        if top is frame:
            return True
        top = top.f_back
    return False
