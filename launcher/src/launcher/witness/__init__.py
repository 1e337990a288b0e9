"""A witness of transparency logs (c2sp.org/tlog-witness v1.0.0): it cosigns what extends all that it has seen.

One file of configuration, one SQLite database, one key. It speaks plain HTTP: whoever offers it to others puts a
reverse proxy with TLS before it.
"""
