"""What a stored document is: its encrypted format, its manifest, its types and its life."""
