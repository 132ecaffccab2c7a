"""Bin-packing rules and other baselines: one score per file."""
