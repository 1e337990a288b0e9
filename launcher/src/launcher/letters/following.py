"""Letters one by one: where they stand, and the files that prove it."""

import argparse

from launcher.gateway import Json, verb
from launcher.letters.asking import LETTERS, PAGE, WRONG, asking
from launcher.letters.court import received
from launcher.letters.printing import letter, moment, show, word

FILTERS = (
    "dossier_id",
    "batch_id",
    "recipient_id",
    "recipient",
    "user",
    "since",
    "until",
    "status",
    "level",
    "attention",
)
KINDS = {
    "deposit-and-sending": "preuve de dépôt et d'envoi",
    "deposit": "preuve de dépôt",
    "sending": "preuve d'envoi",
    "reception": "accusé de réception",
    "refusal": "preuve de refus",
    "non-claim": "preuve de non-réclamation",
    "non-delivery": "preuve d'adresse injoignable",
    "content": "contenu",
    "full-archive": "archive complète",
    "consent": "consentement",
    "sender-auth-record": "authentification de l'expéditeur",
    "submission-manifest": "manifeste d'envoi",
}


@verb
def listing(options: argparse.Namespace) -> int:
    """List letters, latest first."""
    with asking(options) as gateway:
        found = gateway.items(f"{LETTERS}/letters", _asked(options) | {"limit": PAGE})
    show(options, {"items": found}, map(letter, found))
    return 0


@verb
def shown(options: argparse.Namespace) -> int:
    """Tell all of one letter."""
    with asking(options) as gateway:
        found = gateway.get(f"{LETTERS}/letters/{options.letter}", {})
    lines = [letter(found), *(f"    {name} = {value}" for name, value in found.items() if value not in (None, [], ""))]
    show(options, found, lines)
    return 0


@verb
def evidence(options: argparse.Namespace) -> int:
    """List what proves a letter; download it and compare each file with its digest: 1 if one differs."""
    with asking(options) as gateway:
        found = gateway.get(f"{LETTERS}/letters/{options.letter}/evidence", {})["items"]
        if options.download is not None:
            options.download.mkdir(parents=True, exist_ok=True)
            found = [received(gateway, options.letter, one, options.download) for one in found]
    show(options, {"items": found}, map(_proof, found))
    return 0 if all(one.get("intact", True) for one in found) else WRONG


@verb
def export(options: argparse.Namespace) -> int:
    """Write the list of letters as a table."""
    with asking(options) as gateway:
        received = gateway.receive(f"{LETTERS}/letters.csv", _asked(options), options.output, lambda _: None)
    said = {"file": str(options.output), "size": received.size}
    show(options, said, [f"{options.output} : {received.size} octets"])
    return 0


@verb
def cancel(options: argparse.Namespace) -> int:
    """Give up a letter that has not left."""
    with asking(options) as gateway:
        done = gateway.post(f"{LETTERS}/letters/{options.letter}/cancellation")
    show(options, {"id": str(options.letter)} | done, [f"{options.letter}  {word('cancelled')}"])
    return 0


@verb
def reissue(options: argparse.Namespace) -> int:
    """Make a new letter in the place of one that did not arrive."""
    given = {"recipient_id": options.recipient and str(options.recipient), "level": options.level}
    body = {name: value for name, value in given.items() if value is not None}
    with asking(options) as gateway:
        made = gateway.post(f"{LETTERS}/letters/{options.letter}/reissue", body)
    show(options, made, [f"{made['id']}  à la place de {options.letter} (lot {made['batch_id']})"])
    return 0


def _asked(options: argparse.Namespace) -> Json:
    return {name: getattr(options, name) for name in FILTERS}


def _proof(one: Json) -> str:
    kind = KINDS.get(one["kind"], one["kind"])
    line = f"{moment(one['provider_at'] or one['fetched_at'])}  {kind:<32}  {one['sha256']}  {one['size']} octets"
    if "intact" in one:
        line += f"  {one['file']}  {'intact' if one['intact'] else 'ALTÉRÉ'}"
    return line
