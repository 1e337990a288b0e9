"""The reference journey: an office asks, clients deposit, the office decides, and the journal proves it."""
