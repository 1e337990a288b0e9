"""A time-stamping authority (RFC 3161) with a certificate chain of its own, and an admin API that breaks it."""
