"""What can go wrong when the stack starts, said so that an operator knows what to do."""


class StackError(Exception):
    """The stack cannot do what was asked; the message says why and what to try."""


class BadSettings(StackError):
    """A variable of the environment does not hold; the message names it in one line, and the exit code is 78."""


class MissingComponent(StackError):
    """A server's program is not on this machine; the message names the component and the way round it."""

    def __init__(self, component: str, program: str, variable: str | None) -> None:
        """Name what is missing and, where there is one, the variable that points to an existing server."""
        hint = f"set {variable} to use an existing server instead" if variable else "the platform has no wheel for it"
        super().__init__(f"{component}: the program {program!r} is not available here; {hint}")
        self.component = component


class NotReady(StackError):
    """A process ended or did not answer in time; the message names its log file."""
