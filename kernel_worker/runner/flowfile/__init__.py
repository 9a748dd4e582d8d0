"""The ``flowfile`` module of cells: displays, logs, progress, shared files."""

from kernel_worker.runner.flowfile.bars import progress
from kernel_worker.runner.flowfile.lines import log, log_error, log_info, log_warning
from kernel_worker.runner.flowfile.sharing import get_shared_location
from kernel_worker.runner.flowfile.showing import clear_output, display, update_display
from kernel_worker.runner.flowfile.unbuilt import (
    NotAvailableHere,
    delete_artifact,
    delete_global_artifact,
    get_global,
    list_artifacts,
    list_global_artifacts,
    publish_artifact,
    publish_global,
    publish_output,
    read_artifact,
    read_first,
    read_input,
    read_inputs,
)

__all__ = [
    "NotAvailableHere",
    "clear_output",
    "delete_artifact",
    "delete_global_artifact",
    "display",
    "get_global",
    "get_shared_location",
    "list_artifacts",
    "list_global_artifacts",
    "log",
    "log_error",
    "log_info",
    "log_warning",
    "progress",
    "publish_artifact",
    "publish_global",
    "publish_output",
    "read_artifact",
    "read_first",
    "read_input",
    "read_inputs",
    "update_display",
]
