"""Encrypted documents and their versions."""
