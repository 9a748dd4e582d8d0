"""A flow's document: what may stand in it, and what follows from it. Pure.

``{"nodes": [{id, type, name, kernel, settings}], "connections": [{from, output, to, input}],
"parameters": {}, "default_kernel": None}``. A connection's ``output`` is "main" where it says none; its
``input`` None means the upstream node's name, made to fit.
"""

from tasks.flow_documents.checking import MOST_NODES, TYPES, Document, validate
from tasks.flow_documents.graph import Input, declared_by, fitted, inputs_of, node_of, upstream_of

__all__ = [
    "MOST_NODES",
    "TYPES",
    "Document",
    "Input",
    "declared_by",
    "fitted",
    "inputs_of",
    "node_of",
    "upstream_of",
    "validate",
]
