"""The words of the trade as frozen data: no I/O here."""
