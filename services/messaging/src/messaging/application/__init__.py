"""What happens when something is announced, sent or read."""
