"""Registered letters through providers: batches, consents, proofs."""
