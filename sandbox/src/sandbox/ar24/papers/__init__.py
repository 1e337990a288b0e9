"""The proofs and the contents that the provider hands out, as sealed PDF files and archives."""
