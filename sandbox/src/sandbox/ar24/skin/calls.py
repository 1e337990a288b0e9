"""A call as PHP would see it, and the checks that every call passes before anything else."""

import hmac
import re
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.datastructures import UploadFile
from starlette.requests import Request

from sandbox.ar24.crypto import signature
from sandbox.ar24.skin.slugs import Refused
from sandbox.ar24.truth.clock import instants
from sandbox.ar24.truth.model import Application, Sender
from sandbox.ar24.truth.world import World

_ARRAY = re.compile(r"([^\[\]]+)\[[^\[\]]*\]")
_TRUE = {"1", "true", "on", "yes"}
_MOST_FIELDS = 20_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form."""

    name: str
    media_type: str
    data: bytes


@dataclass(slots=True)
class Call:
    """The parameters of a call; arrays are those that PHP makes of names such as `mail[0]`."""

    method: str
    route: str
    language: str
    signature: str
    fields: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, list[str]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    application: Application | None = None

    def text(self, name: str) -> str:
        """Return a parameter without the spaces around it, empty when it is absent."""
        return self.fields.get(name, "").strip()

    def flag(self, name: str) -> bool:
        """Say whether a parameter is one of those that mean yes."""
        return self.text(name).lower() in _TRUE

    def number(self, name: str) -> int | None:
        """Return a parameter that is a number."""
        return int(self.text(name)) if self.text(name).isdecimal() else None

    def numbers(self, name: str) -> list[int | None]:
        """Return the items of an array; None stands for one that is no number."""
        given = self.arrays.get(name) or ([self.text(name)] if self.text(name) else [])
        return [int(one) if one.strip().isdecimal() else None for one in given if one.strip()]

    @property
    def token(self) -> str:
        """Return the token of the application."""
        return self.application.uuid if self.application else ""


async def read(request: Request, route: str, default_language: str) -> Call:
    """Read a request: its query, and the form of a POST."""
    language = request.headers.get("accept-language", "").strip().lower()[:2] or default_language
    call = Call(request.method, route, language, request.headers.get("signature", ""))
    pairs: list[tuple[str, str | UploadFile]] = list(request.query_params.multi_items())
    if request.method == "POST":
        async with request.form(max_files=10, max_fields=_MOST_FIELDS, max_part_size=50_000_000) as form:
            for name, value in form.multi_items():
                pairs.append((name, await _plain(name, value, call)))
    for name, given in pairs:
        if not isinstance(given, str):
            continue
        if (array := _ARRAY.fullmatch(name)) is not None:
            call.arrays.setdefault(array[1], []).append(given)
        else:
            call.fields[name] = given
    return call


async def _plain(name: str, value: str | UploadFile, call: Call) -> str | UploadFile:
    if isinstance(value, UploadFile):
        data = await value.read()
        media_type = value.content_type or "application/octet-stream"
        call.uploads[name] = Upload(value.filename or "", media_type, data)
    return value


def admit(world: World, call: Call) -> Application:
    """Check the token, then the date and the signature where answers to it are encrypted.

    Raises:
        Refused: any of them is absent or wrong.

    """
    if not call.text("token"):
        raise Refused("token_missing")
    application = world.application(call.text("token"))
    if application is None:
        raise Refused("token_invalid")
    call.application = application
    if application.encrypted:
        _check_date(world, call.text("date"))
        if not call.signature:
            raise Refused("empty_signature")
        expected = signature(application.private_key, call.text("date"))
        if not hmac.compare_digest(call.signature.encode(), expected.encode()):
            raise Refused(world.assumptions.wrong_signature_slug)
    return application


def _check_date(world: World, date: str) -> None:
    if not date:
        raise Refused("empty_date")
    try:
        meant = instants(date)
    except ValueError as wrong:
        raise Refused("invalid_date") from wrong
    assumed = world.assumptions
    now = world.clock.now() if assumed.call_date_clock == "virtual" else world.clock.real()
    now += timedelta(seconds=world.faults.clock_skew_s)
    # In the repeated hour of October a wall-clock time means two instants: either will do.
    ahead = [(instant - now).total_seconds() for instant in meant]
    if any(-assumed.date_backward_s - 1 <= seconds <= assumed.date_forward_s for seconds in ahead):
        return
    raise Refused("date_in_future" if min(ahead) > 0 else "expired_date")


def sender(world: World, call: Call, name: str = "id_user") -> Sender:
    """Return the account that a call names.

    Raises:
        Refused: none is named, it does not exist, or it has not let this application in.

    """
    number = call.number(name)
    if number is None:
        raise Refused("missing_user_id")
    found = world.store.get(Sender, number)
    if found is None:
        raise Refused("user_not_exist")
    if call.token not in found.linked:
        raise Refused("user_unavailable")
    return found
