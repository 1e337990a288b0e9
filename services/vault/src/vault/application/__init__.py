"""What happens when someone deposits, reads or observes a document."""
