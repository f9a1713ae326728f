"""What evidence costs: the ledger, the registry, the hashing of files, the packs."""
