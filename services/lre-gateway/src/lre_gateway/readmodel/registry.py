"""The dictionary from events to rows, which the other modules fill."""

from eventstore import Projection

projection = Projection()
