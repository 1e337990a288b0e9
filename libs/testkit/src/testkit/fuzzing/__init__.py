"""Requests made up from the OpenAPI documents, sent to a running platform as each of its people would send them.

`run` sends them and returns what no answer may be: a 5xx, a status, a media type, a body or a code that the document of
the service does not announce. Everything is chosen from a seed. `python -m testkit.fuzzing` does it at length.
"""

from testkit.fuzzing.cast import PREFIXES, Cast, Part
from testkit.fuzzing.running import Finding, Plan, Tally, run

__all__ = ["PREFIXES", "Cast", "Finding", "Part", "Plan", "Tally", "run"]
