"""List, look at, check, convert, generate or fetch traces."""
