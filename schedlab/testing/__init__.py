"""Checks that ship with the package: contracts as tests, and the golden runner."""

from schedlab.testing.plugins import Report, check_plugin

__all__ = ["Report", "check_plugin"]
