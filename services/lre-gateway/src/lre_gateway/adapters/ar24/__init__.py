"""AR24: the only place that knows its routes, words and ciphers."""
