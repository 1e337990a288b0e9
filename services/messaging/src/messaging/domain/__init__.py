"""What a notification is."""
