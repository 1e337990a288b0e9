"""HTTP: for people, and for the other services."""
