"""Stands in for a child that can't live."""

raise SystemExit("no such setting: SOKBO_COLOUR")
