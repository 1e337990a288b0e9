"""Persons, offices, memberships, invitations, sign-in and sessions."""
