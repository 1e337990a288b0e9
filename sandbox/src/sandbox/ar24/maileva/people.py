"""The operations on recipients: adding, reading, changing, and downloading what proves what became of them."""

from sandbox.ar24.maileva import recipients, sendings, views
from sandbox.ar24.maileva.problem import Problem
from sandbox.ar24.maileva.router import Ask, Handler, Reply, Route, paged
from sandbox.ar24.papers.desk import KINDS, Desk
from sandbox.ar24.skin.views import ready
from sandbox.ar24.truth.model import State

_PDF = "application/pdf"
_BACK = {state: kind for kind, state in KINDS.items()}


def routes(desk: Desk) -> list[Route]:
    """Return the operations on the recipients of the four products."""
    made: list[Route] = []
    for product in views.PRODUCTS:
        one = "sendings/{sending}/recipients/{recipient}"
        operations: dict[tuple[str, str], Handler] = {
            ("POST", "sendings/{sending}/recipients"): add,
            ("GET", "sendings/{sending}/recipients"): listed,
            ("DELETE", "sendings/{sending}/recipients"): clear,
            ("GET", one): read,
            ("PATCH", one): change,
            ("DELETE", one): delete,
        }
        operations |= {("GET", f"{one}/{name}"): handler for name, handler in _downloads(product, desk).items()}
        made += [Route(method, product, template, handler) for (method, template), handler in operations.items()]
    return made


def add(ask: Ask) -> Reply:
    """Add a recipient to a draft."""
    sending = sendings.of(ask, draft=True)
    letter = ask.world.store.add(recipients.drawn(ask, sending))
    location = f"{ask.product}/sendings/{sending.uuid}/recipients/{letter.uuid}"
    return Reply(201, views.recipient(ask.world, sending, letter), location)


def listed(ask: Ask) -> Reply:
    """List the recipients of a sending."""
    sending = sendings.of(ask)
    letters = views.letters(ask.world, sending)
    return paged(ask, "recipients", [views.recipient(ask.world, sending, one) for one in letters])


def clear(ask: Ask) -> Reply:
    """Take every recipient out of a draft."""
    for letter in views.letters(ask.world, sendings.of(ask, draft=True)):
        ask.world.store.drop(letter)
    return Reply(204)


def read(ask: Ask) -> Reply:
    """Read a recipient."""
    sending, letter = sendings.letter_of(ask)
    return Reply(200, views.recipient(ask.world, sending, letter))


def change(ask: Ask) -> Reply:
    """Change a recipient of a draft."""
    sending, letter = sendings.letter_of(ask, draft=True)
    ask.body = letter.extra | ask.body
    changed = recipients.drawn(ask, sending)
    changed.id, changed.uuid, changed.created = letter.id, letter.uuid, letter.created
    ask.world.store.keep(changed)
    return Reply(200, views.recipient(ask.world, sending, changed))


def delete(ask: Ask) -> Reply:
    """Take a recipient out of a draft."""
    _, letter = sendings.letter_of(ask, draft=True)
    ask.world.store.drop(letter)
    return Reply(204)


def _downloads(product: str, desk: Desk) -> dict[str, Handler]:
    def deposit(ask: Ask) -> Reply:
        return _proof(ask, desk, "ev")

    def delivery(ask: Ask) -> Reply:
        _, letter = sendings.letter_of(ask)
        return _proof(ask, desk, _BACK.get(letter.state, ""))

    def receipt(ask: Ask) -> Reply:
        return _proof(ask, desk, "ar")

    def returned(ask: Ask) -> Reply:
        _, letter = sendings.letter_of(ask)
        return _proof(ask, desk, _BACK.get(letter.state, "") if letter.state is not State.ACCEPTED else "")

    def content(ask: Ask) -> Reply:
        _, letter = sendings.letter_of(ask)
        return _served(ask, desk.content(letter) if ready(ask.world, letter.sent) else None, _PDF)

    def package(ask: Ask) -> Reply:
        _, letter = sendings.letter_of(ask)
        return _served(ask, desk.archive(letter) if ready(ask.world, letter.sent) else None, "application/zip")

    if product == views.LREL:
        return {
            "download_deposit_proof": deposit,
            "download_content_proof": content,
            "download_acknowledgement_of_receipt": receipt,
            "download_undelivered_mail": returned,
        }
    electronic: dict[str, Handler] = {"download_deposit_proof": deposit, "download_delivery_proof": delivery}
    return electronic | ({"download_package": package} if product == views.ERE else {})


def _proof(ask: Ask, desk: Desk, kind: str) -> Reply:
    _, letter = sendings.letter_of(ask)
    at = letter.sent if kind == "ev" else letter.ends.get(KINDS.get(kind, State.DRAFT))
    return _served(ask, desk.proof(letter, kind) if ready(ask.world, at) else None, _PDF)


def _served(ask: Ask, data: bytes | None, media_type: str) -> Reply:
    if data is None or ask.world.faults.proofs_purged:
        raise Problem(404, "PROOF_NOT_FOUND", "la preuve n'est pas disponible")
    return Reply(200, data, media_type=media_type)
