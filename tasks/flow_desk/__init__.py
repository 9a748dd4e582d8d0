"""What the desk answers about inputs, outputs, artifacts and the catalog: ``wire.flows.REQUESTS``."""

from tasks.flow_desk.answering import FlowDesk

__all__ = ["FlowDesk"]
