"""The languages of others: files of presets, the identity service, the vault."""
