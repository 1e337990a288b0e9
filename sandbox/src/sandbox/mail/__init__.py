"""A mail catcher: an SMTP server that delivers to nobody, and an admin API that shows what arrived."""
