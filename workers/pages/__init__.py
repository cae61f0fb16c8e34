"""The pages that people read: Jinja2 templates, their languages, their dates and their one stylesheet."""
