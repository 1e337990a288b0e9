"""The proof journal: one Merkle log of every service's events."""
