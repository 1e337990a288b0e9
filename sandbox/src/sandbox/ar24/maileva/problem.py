"""A refusal with an HTTP status."""


class Problem(Exception):
    """The call is refused; `errors` are pairs of a code and a sentence."""

    def __init__(self, status: int, code: str, message: str, *more: tuple[str, str]) -> None:
        super().__init__(code)
        self.status = status
        self.errors = [(code, message), *more]
