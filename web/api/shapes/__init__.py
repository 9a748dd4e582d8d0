"""Rows of the ledger as the API shows them, and the description of each shape for the document."""
