"""The users' own CSV form, one table a file: pods, nodes, datasets, usage, node_events."""
