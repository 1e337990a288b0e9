"""Maileva: the only place that knows its interfaces and words."""
