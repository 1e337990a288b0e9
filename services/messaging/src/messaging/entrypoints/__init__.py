"""Requests, messages and time become calls."""
