"""The commands, one a file: the module ``bench`` holds the function ``bench``, and so on for the others."""
