"""The way out: the one guarded HTTP client, and the signing and sealing of secrets."""
