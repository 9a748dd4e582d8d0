"""Who asks (``login``), what they may do (``rules``), and the one guard before every route (``guard``)."""
