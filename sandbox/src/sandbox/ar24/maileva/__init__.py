"""The HTTP APIs of Maileva."""
