"""A flow's document: what may stand in it, and what follows from it. Pure.

``{"nodes": [{id, type, name, kernel, settings, position?}], "connections": [{from, output, to, input}],
"parameters": {name: {type, default?, description?}}, "default_kernel": None}``. A connection's ``output`` is
"main" where it says none; its ``input`` None means the upstream node's name, made to fit. Settings by type
are in ``node_settings``.
"""

from tasks.flow_documents.checking import Document, check_runnable, validate
from tasks.flow_documents.code_values import as_code_gets
from tasks.flow_documents.earlier import current
from tasks.flow_documents.graph import Input, declared_by, fitted, inputs_of, node_of, upstream_of
from tasks.flow_documents.limits import MOST_NODES, TYPES
from tasks.flow_documents.node_code import code_of

__all__ = [
    "MOST_NODES",
    "TYPES",
    "Document",
    "Input",
    "as_code_gets",
    "check_runnable",
    "code_of",
    "current",
    "declared_by",
    "fitted",
    "inputs_of",
    "node_of",
    "upstream_of",
    "validate",
]
