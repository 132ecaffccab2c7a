"""What OR-Tools solves: CP-SAT models of nodes, of classes on nodes and of pods on nodes."""
