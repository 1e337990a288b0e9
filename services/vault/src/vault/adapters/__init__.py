"""The bucket and the keys: how the vault speaks with S3 and with its own secret tables."""
