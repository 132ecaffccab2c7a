"""Backfilling: who may start out of order, and who has a reservation."""
