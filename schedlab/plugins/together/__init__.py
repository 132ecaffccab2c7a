"""Policies that place together what waits: whom a solver is asked about, when, and with which objective."""
