"""The REST API: one module a resource. A view is parse (``checked``), a call or two, present (``shapes``)."""
