"""What an office does with registered letters from a terminal: link, check, send, release, follow, keep the proofs."""
