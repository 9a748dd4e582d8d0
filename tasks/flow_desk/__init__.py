"""What the desk answers about inputs, outputs, artifacts and the catalog: ``wire.flows.REQUESTS``."""

from tasks.flow_desk.answering import WAITS_FOR_STORE, FlowDesk

__all__ = ["WAITS_FOR_STORE", "FlowDesk"]
