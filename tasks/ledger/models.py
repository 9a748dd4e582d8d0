"""Tables of the ledger: the only truth about kernels, executions, users, tokens and files.

Times are unix seconds (float, UTC); states are the words of ``broker_config.wire.states``.
``revision`` counts changes: every change of a state is a compare-and-set on it.
"""

from __future__ import annotations

from tasks.ledger.tables.access import AuditEvent, KernelShare
from tasks.ledger.tables.base import Base
from tasks.ledger.tables.environments import EnvironmentLock
from tasks.ledger.tables.executions import Execution, ExecutionOutput, OutputPart
from tasks.ledger.tables.files import BrokerState, SharedFile
from tasks.ledger.tables.kernels import Kernel, Namespace
from tasks.ledger.tables.people import BrowserSession, LoginLink, Token, User

__all__ = [
    "AuditEvent",
    "Base",
    "BrokerState",
    "BrowserSession",
    "EnvironmentLock",
    "Execution",
    "ExecutionOutput",
    "Kernel",
    "KernelShare",
    "LoginLink",
    "Namespace",
    "OutputPart",
    "SharedFile",
    "Token",
    "User",
]
