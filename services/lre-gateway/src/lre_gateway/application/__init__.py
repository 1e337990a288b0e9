"""What happens when someone asks for something; the only place where access is decided."""
