"""Online scheduling, pod by pod: the cycle and the queue."""
