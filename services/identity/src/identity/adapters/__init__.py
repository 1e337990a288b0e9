"""PostgreSQL for secrets, Argon2, the identity provider, the SMS provider."""
