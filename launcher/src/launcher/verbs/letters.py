"""Verbs of an office that sends registered letters."""

import argparse
from pathlib import Path
from typing import Any
from uuid import UUID

from launcher.verbs import add_verb
from launcher.verbs.compliance import add_gateway

LEVELS = ("qualified-lre", "simple-erds", "copro-notice", "paper")
ACCESS = """Without --url, the platform of --data is asked, as the notary of its demo office unless there is a token.
Exit codes: 0 done; 1 refused, or a letter waits for a person; 2 not acceptable."""
_RUN = "launcher.letters."


def add(verbs: Any) -> None:
    """Declare them."""
    what = "send registered letters through a provider, and keep their proofs"
    letters = verbs.add_parser("letters", help=what, description=f"{what[0].upper()}{what[1:]}.")
    acts = letters.add_subparsers(metavar="ACT", required=True)
    _add_people(acts)
    _add_recipients(acts)
    _add_batches(acts)
    _add_codes(acts)
    _add_following(acts)


def _act(acts: Any, name: str, what: str, run: str) -> argparse.ArgumentParser:
    act = add_verb(acts, name, what, f"{_RUN}{run}")
    act.epilog = ACCESS
    add_gateway(act)
    return act


def _add_people(acts: Any) -> None:
    what = "ask the holder of a provider's account for leave to send in their name"
    link = _act(acts, "link", what, "people:link")
    link.add_argument("email", metavar="EMAIL", help="the address of the account")
    link.add_argument("--holder", type=UUID, metavar="ID", help="who has the key of the codes (default: whoever asks)")
    senders = _act(acts, "senders", "list the accounts that letters leave from, and what they lack", "people:senders")
    senders.add_argument("--refresh", action="store_true", help="ask the provider again first")
    payments = _act(acts, "payments", "list a sender's payment methods, or map one to an entity", "people:payments")
    payments.add_argument("sender", type=UUID, metavar="SENDER")
    payments.add_argument("--entity", metavar="CODE", help="the entity of the office that is billed")
    payments.add_argument("--label", metavar="TEXT", help="its name")
    payments.add_argument("--method", metavar="CODE", help="the code of a payment method")


def _add_recipients(acts: Any) -> None:
    group = acts.add_parser("recipients", help="list recipients, or add one").add_subparsers(
        metavar="ACT", required=True
    )
    listing = _act(group, "list", "list recipients with their consents", "people:recipients")
    listing.add_argument("--search", metavar="TEXT", help="a part of a name or address")
    new = _act(group, "add", "add a recipient", "people:add")
    new.add_argument("email", metavar="EMAIL")
    new.add_argument("--last-name", required=True, metavar="NAME")
    new.add_argument("--first-name", required=True, metavar="NAME")
    new.add_argument("--company", metavar="NAME", help="makes the recipient a professional")
    new.add_argument("--address", metavar="STREET;POSTCODE;CITY;COUNTRY", help="where paper goes")
    new.add_argument("--person", type=UUID, metavar="ID", help="the client of the office who it is")
    help_of = "record, take back, refresh consents, or print where to give one"
    group = acts.add_parser("consents", help=help_of).add_subparsers(metavar="ACT", required=True)
    record = _act(group, "record", "record consents given on paper", "people:record")
    record.add_argument("recipients", type=UUID, nargs="+", metavar="RECIPIENT")
    record.add_argument("--document", type=UUID, required=True, metavar="ID", help="the file that proves them")
    withdraw = _act(group, "withdraw", "record that consents were taken back", "people:withdraw")
    withdraw.add_argument("recipients", type=UUID, nargs="+", metavar="RECIPIENT")
    for name, what, run in (
        ("refresh", "ask the provider what recipients have answered", "refresh"),
        ("link", "print where recipients may consent to a sender's letters", "invite"),
    ):
        act = _act(group, name, what, f"people:{run}")
        act.add_argument("sender", type=UUID, metavar="SENDER")


def _add_batches(acts: Any) -> None:
    attach = _act(acts, "attach", "freeze files that letters will carry, and print their names", "batches:attach")
    attach.add_argument("files", type=Path, nargs="+", metavar="FILE")
    attach.add_argument("--dossier", type=UUID, metavar="ID")
    what = "make, check, send and follow batches of letters"
    group = acts.add_parser("batch", help=what).add_subparsers(metavar="ACT", required=True)
    create = _act(group, "create", "make a batch from a list of letters", "batches:create")
    create.add_argument(
        "list", type=Path, metavar="LIST", help="a CSV or XLSX file; its columns: docs/runbooks/letters.md"
    )
    create.add_argument("--sender", type=UUID, required=True, metavar="ID")
    create.add_argument("--level", choices=LEVELS, default=LEVELS[0])
    create.add_argument("--dossier", type=UUID, metavar="ID")
    create.add_argument("--reference", dest="dossier_reference", metavar="TEXT", help="shown to the recipient")
    create.add_argument("--entity", metavar="CODE", help="the entity of the office that is billed")
    create.add_argument("--payment-method", metavar="CODE")
    for name, what in (
        ("check", "check every letter again (1: one cannot leave)"),
        ("errors", "list the letters that cannot leave, with why"),
        ("send", "send the compatible letters, and follow them"),
        ("progress", "say how far a batch is"),
    ):
        act = _act(group, name, what, f"batches:{name}")
        act.add_argument("batch", type=UUID, metavar="BATCH")
        if name == "progress":
            act.add_argument("--wait", action="store_true", help="until it is finished or paused")


def _add_codes(acts: Any) -> None:
    _act(acts, "awaiting", "list the letters that wait for their sender's code", "releasing:awaiting")
    what = "give the sender's code for letters; it is asked for without echo, and never an argument"
    release = _act(acts, "release", what, "releasing:release")
    release.add_argument("letters", type=UUID, nargs="*", metavar="LETTER")
    release.add_argument("--all", action="store_true", help="all letters that wait")
    release.add_argument("--code-stdin", action="store_true", help="read the code from standard input")


def _add_following(acts: Any) -> None:
    _add_filters(_act(acts, "list", "list letters", "following:listing"))
    _one(_act(acts, "show", "tell all of one letter", "following:shown"))
    evidence = _act(acts, "evidence", "list what proves a letter, or download and compare it", "following:evidence")
    _one(evidence)
    evidence.add_argument("--download", type=Path, metavar="DIR", help="write the files there (1: one is not intact)")
    what = "write what a court is given: facts, proofs, the journal of the dossier, and how to check them"
    court = _act(acts, "court", what, "court:court")
    _one(court)
    court.add_argument("--output", type=Path, metavar="DIR", required=True, help="a new folder")
    export = _act(acts, "export", "write the list of letters as a table", "following:export")
    export.add_argument("--csv", action="store_true", required=True, help="a table for a spreadsheet")
    export.add_argument("--output", type=Path, metavar="FILE", default=Path("lettres.csv"))
    _add_filters(export)
    _one(_act(acts, "cancel", "give up a letter that has not left", "following:cancel"))
    reissue = _act(acts, "reissue", "make a new letter in the place of one that did not arrive", "following:reissue")
    _one(reissue)
    reissue.add_argument("--level", choices=LEVELS, help="such as paper (default: the same)")
    reissue.add_argument("--recipient", type=UUID, metavar="ID", help="another recipient (default: the same)")


def _one(act: argparse.ArgumentParser) -> None:
    act.add_argument("letter", type=UUID, metavar="LETTER")


def _add_filters(act: argparse.ArgumentParser) -> None:
    filters = act.add_argument_group("filters")
    for option, name in (("--dossier", "dossier_id"), ("--batch", "batch_id"), ("--recipient", "recipient_id")):
        filters.add_argument(option, dest=name, type=UUID, metavar="ID")
    filters.add_argument(
        "--search", dest="recipient", metavar="TEXT", help="in name, company or e-mail of the recipient"
    )
    filters.add_argument("--user", type=UUID, metavar="ID", help="who prepared it")
    filters.add_argument("--status", metavar="STATE", help="such as notified")
    filters.add_argument("--level", choices=LEVELS)
    filters.add_argument("--attention", action="store_const", const="true", help="those a person has to look at")
    filters.add_argument("--from", dest="since", metavar="INSTANT", help="prepared at or after")
    filters.add_argument("--to", dest="until", metavar="INSTANT", help="prepared before")
