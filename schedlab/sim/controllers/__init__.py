"""Controllers: whatever answers events in the loop, one per file."""
