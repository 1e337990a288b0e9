"""An SMS provider: an HTTP API that accepts text messages, and an admin API that shows them."""
