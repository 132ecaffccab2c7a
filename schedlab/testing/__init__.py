"""Checks that ship with the package: contracts as tests, and the golden runner."""
