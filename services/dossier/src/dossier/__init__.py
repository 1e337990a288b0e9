"""Dossiers, their clients, document requests and their life."""
