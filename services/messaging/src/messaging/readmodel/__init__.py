"""Rows that can be made again from the events."""
