"""The stored versions, as rows."""
