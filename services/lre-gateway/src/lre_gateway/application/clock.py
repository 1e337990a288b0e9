"""What time it is; given from outside, so that tests and simulators have their own."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Returns the present instant, aware, in UTC."""
