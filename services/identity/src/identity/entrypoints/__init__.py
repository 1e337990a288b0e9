"""A request becomes one call; the outcome becomes a reply."""
