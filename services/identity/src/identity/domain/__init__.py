"""Offices, persons, memberships and sign-ins, in the words of a notary."""
