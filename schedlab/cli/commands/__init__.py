"""The commands, one a file: the module ``bench`` holds the function ``bench``; a package is a group of commands."""
