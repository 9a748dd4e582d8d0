"""Environments: a kernel's packages as wished, locked, and built."""
