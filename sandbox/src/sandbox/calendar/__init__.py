"""An OpenTimestamps calendar and the chain of blocks that it writes to, with an admin API that mines and breaks it."""
