"""Builds the objects; nothing here decides."""

from identity.wiring.parts import CALLBACK, PREFIX, Identity
from identity.wiring.process import app, build, drift, keys, prepare, remake, tasks

__all__ = ["CALLBACK", "PREFIX", "Identity", "app", "build", "drift", "keys", "prepare", "remake", "tasks"]
