"""A registered-letter provider: one neutral simulator under the skins of AR24 and of Maileva (see README.md)."""
