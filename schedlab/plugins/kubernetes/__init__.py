"""The rules of kube-scheduler v1.34, integer for integer; a file per in-tree plug-in, under its Kubernetes name."""
