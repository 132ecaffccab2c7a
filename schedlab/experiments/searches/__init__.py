"""Searches: measures of packing that place a workload's pods again and again, one a file.

compaction  on how few machines they fit; `schedlab fit-nodes`
inflation   how much more of them fits
gap         how far what a policy places is from a proven bound
search      what a search is, for suites that name it among their metrics
fitting     whether a set of pods fits on some machines, under a profile
snapshot    the pods that run at an instant
"""
