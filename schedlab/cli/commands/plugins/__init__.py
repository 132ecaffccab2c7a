"""List plug-ins, check one, or begin a new one.

Example: schedlab plugins check my.py:tightest
"""
