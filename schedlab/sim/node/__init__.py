"""What happens on a node: the kubelet, usage, eviction."""
