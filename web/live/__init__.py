"""Kernels' live streams inside the web process: one reader thread, many subscribers."""
