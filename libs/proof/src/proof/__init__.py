"""Canonical entries, Merkle tree, checkpoints, bundles and their verification, without I/O."""
