"""Forms that people send: small, urlencoded, read as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request

FORM_BYTES = 64 * 1024
FORM_FIELDS = 1000
MEDIA_TYPE = "application/x-www-form-urlencoded"


class FormRefused(Exception):
    """The form is too large, or no form."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, every value in the order sent."""

    fields: Mapping[str, list[str]]

    def __getitem__(self, name: str) -> str:
        """Return the first value of a field without spaces around it, an empty text for none."""
        return self.fields.get(name, [""])[0].strip()

    def exact(self, name: str) -> str:
        """Return the first value as it was typed: passwords may begin with a space."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Return every value that is not empty."""
        return [value.strip() for value in self.fields.get(name, []) if value.strip()]

    def ticked(self, name: str) -> bool:
        """Tell whether a box was ticked."""
        return name in self.fields


async def small_body(request: Request) -> bytes:
    """Read what a page sends; raise FormRefused at the first byte too many."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise FormRefused
    return body


async def read_form(request: Request) -> Form:
    """Read the body of a request; raise FormRefused beyond the limits."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in {MEDIA_TYPE, ""}:
        raise FormRefused
    body = await small_body(request)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=FORM_FIELDS,
            strict_parsing=bool(body),
            errors="strict",
        )
    except ValueError as error:
        raise FormRefused from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields)
