"""The pages: a client of the other services, with no rule and no truth of its own."""
