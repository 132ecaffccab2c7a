"""Where problems come from, one origin a file."""
