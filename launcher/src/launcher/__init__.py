"""The scelle command: the embedded stack, the reference journey, verification."""
