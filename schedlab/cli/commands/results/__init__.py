"""Stored results: list, show, remove and export them.

Example: schedlab results list --runs
"""
