"""What service and workers share: domain, storage, settings, the guarded outbound client, the broker."""

from pathlib import Path

__version__ = "0.1.0"

#: What pages and feeds are made of that isn't code: templates, styles, images, translations.
TEMPLATES = Path(__file__).parents[1] / "templates"
