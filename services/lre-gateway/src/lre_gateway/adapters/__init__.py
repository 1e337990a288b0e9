"""The languages of others: providers of registered letters, one folder each, and the other services."""
