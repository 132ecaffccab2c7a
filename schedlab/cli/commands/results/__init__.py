"""Stored results: list, show, remove and export them."""
