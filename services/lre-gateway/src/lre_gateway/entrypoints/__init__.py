"""Requests, messages and time become one call; outcomes become replies."""
