"""HTTP as every service speaks it."""

from chassis.http.app import create_app
from chassis.http.bodies import Input, Instant, Line, accept_stream
from chassis.http.callers import CallingService, CurrentActor, CurrentClient, CurrentStaff
from chassis.http.conditional import IfMatch, PreconditionMissing, etag
from chassis.http.outputs import Output, example
from chassis.http.pages import CurrentPaging, Page, Paging
from chassis.http.problems import problems
from chassis.refusal import Stale

__all__ = [
    "CallingService",
    "CurrentActor",
    "CurrentClient",
    "CurrentPaging",
    "CurrentStaff",
    "IfMatch",
    "Input",
    "Instant",
    "Line",
    "Output",
    "Page",
    "Paging",
    "PreconditionMissing",
    "Stale",
    "accept_stream",
    "create_app",
    "etag",
    "example",
    "problems",
]
