"""Fixtures that test modules of this folder name by their arguments."""

from tests.integration.databases import database_url, ledger, new_ledger, postgres

__all__ = ["database_url", "ledger", "new_ledger", "postgres"]
