"""Who is who, as rows that can be dropped and made again from the events."""
