"""Parts of ``web.client``: connection, answers, and one module a resource."""
