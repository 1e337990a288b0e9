"""Requests and messages become one call; outcomes become replies."""
