"""The ground floor both wings stand on: domain, storage, settings, the guarded outbound client, the broker."""

__version__ = "0.1.0"
