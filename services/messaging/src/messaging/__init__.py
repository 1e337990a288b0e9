"""Notifications and their delivery."""
