"""What service and workers share: domain, storage, settings, the guarded outbound client, the broker."""

__version__ = "0.1.0"
