"""Kernels' event streams: reading them as a group, and what each event changes in the ledger."""
