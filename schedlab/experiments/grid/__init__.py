"""The grid of a suite: what its file may say, and the runs that it stands for.

grid        traces x schedulers x replicates, expanded to tasks
trace       what is loaded; `World`
contender   what a scheduler's entry means
replicates  windows, thinnings, seeds
parameters  ``$name``
written     the fields of a file
include     files within files
read        files
"""
