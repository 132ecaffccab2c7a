"""Stored results: a Result and its Problem as one JSON file, which can be read alone and checked."""

from schedlab.placement.stored.file import read, write
from schedlab.placement.stored.verify import Verified, verify_file

__all__ = ["Verified", "read", "verify_file", "write"]
