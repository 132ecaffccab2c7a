"""Columns computed from columns, one per file."""
