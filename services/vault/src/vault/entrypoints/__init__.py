"""Requests and timers become one call each."""
