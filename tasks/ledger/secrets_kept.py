"""Secrets that open an account leave in clear once, at creation; the ledger keeps their SHA-256."""

from __future__ import annotations

import hashlib


def sha256(plain: str) -> str:
    """The SHA-256 of a secret, in hex. Fast is right here: they are random, 32 bytes long."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
