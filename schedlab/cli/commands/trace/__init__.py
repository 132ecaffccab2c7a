"""List, look at, check, convert, generate or fetch traces.

Example: schedlab trace info generated
"""
