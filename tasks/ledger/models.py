"""Tables of the ledger: the only truth about kernels, executions, flows, artifacts, users, tokens and files.

Times are unix seconds (float, UTC); states are the words of ``broker_config.wire.states``.
``revision`` counts changes: every change of a state is a compare-and-set on it.
"""

from __future__ import annotations

from tasks.ledger.tables.access import AuditEvent, KernelShare
from tasks.ledger.tables.artifacts import Artifact
from tasks.ledger.tables.base import Base
from tasks.ledger.tables.catalog import (
    CatalogInput,
    CatalogName,
    CatalogRead,
    CatalogTag,
    CatalogVersion,
)
from tasks.ledger.tables.environments import EnvironmentLock
from tasks.ledger.tables.executions import Execution, ExecutionOutput, OutputPart
from tasks.ledger.tables.files import BrokerState, SharedFile
from tasks.ledger.tables.flows import DoomedObject, Finalized, Flow, FlowOutput, FlowVersion
from tasks.ledger.tables.kernels import Kernel, Namespace
from tasks.ledger.tables.logs import LogLine
from tasks.ledger.tables.notebooks import Notebook, NotebookOutput, NotebookVersion
from tasks.ledger.tables.people import BrowserSession, LoginLink, Token, User
from tasks.ledger.tables.runs import NodeRun, Run, RunGroup
from tasks.ledger.tables.schedules import Schedule, ScheduleFire
from tasks.ledger.tables.uploads import FileUpload, FileUploadPart

__all__ = [
    "Artifact",
    "AuditEvent",
    "Base",
    "BrokerState",
    "BrowserSession",
    "CatalogInput",
    "CatalogName",
    "CatalogRead",
    "CatalogTag",
    "CatalogVersion",
    "DoomedObject",
    "EnvironmentLock",
    "Execution",
    "ExecutionOutput",
    "FileUpload",
    "FileUploadPart",
    "Finalized",
    "Flow",
    "FlowOutput",
    "FlowVersion",
    "Kernel",
    "KernelShare",
    "LogLine",
    "LoginLink",
    "Namespace",
    "NodeRun",
    "Notebook",
    "NotebookOutput",
    "NotebookVersion",
    "OutputPart",
    "Run",
    "RunGroup",
    "Schedule",
    "ScheduleFire",
    "SharedFile",
    "Token",
    "User",
]
