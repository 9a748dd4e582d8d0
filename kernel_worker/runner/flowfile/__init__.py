"""The ``flowfile`` module of cells: inputs, outputs, parameters, displays, logs, artifacts, the catalog."""

from kernel_worker.runner.calls import StorageUnavailable
from kernel_worker.runner.flowfile.artifacts import (
    delete_artifact,
    list_artifacts,
    publish_artifact,
    read_artifact,
)
from kernel_worker.runner.flowfile.bars import progress
from kernel_worker.runner.flowfile.catalog import (
    delete_global_artifact,
    get_global,
    list_global_artifacts,
    publish_global,
)
from kernel_worker.runner.flowfile.inputs import read_first, read_input, read_inputs
from kernel_worker.runner.flowfile.lines import log, log_error, log_info, log_warning
from kernel_worker.runner.flowfile.outputs import publish_output
from kernel_worker.runner.flowfile.parameters import parameters
from kernel_worker.runner.flowfile.sharing import get_shared_location
from kernel_worker.runner.flowfile.showing import clear_output, display, update_display
from kernel_worker.runner.flowfile.telling import FlowfileWarning
from kernel_worker.runner.stored.faults import NotSerializable

__all__ = [
    "FlowfileWarning",
    "NotSerializable",
    "StorageUnavailable",
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
    "parameters",
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


def __dir__() -> list[str]:
    """What completion offers: what people call, not the modules that it lies in."""
    return __all__
