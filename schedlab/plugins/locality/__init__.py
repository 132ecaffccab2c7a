"""Rules about where data is."""
