"""The servers of the embedded stack; each starts, says when it is ready, and stops, under one folder."""
