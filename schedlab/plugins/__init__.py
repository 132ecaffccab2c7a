"""Plug-ins: the contract (`api`), how they are found (`registry`), and one rule per file.

A new rule is a new file in one of the folders and no other edit.
"""
