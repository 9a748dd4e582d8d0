"""The ledger's tables, a file per thing; ``tasks.ledger.models`` names them all."""
