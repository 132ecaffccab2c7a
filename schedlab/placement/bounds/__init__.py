"""Bounds that cost little: by counting, and by the aggregated LP."""
