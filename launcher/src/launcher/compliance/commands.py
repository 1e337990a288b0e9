"""What each verb does: results on stdout, progress on stderr.

Exit codes: 0 done and nothing wrong; 1 refused, or something is not as the log says: a missing number, an altered
event, a drift; 2 the command line is not acceptable, or nobody can tell.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from launcher.compliance.comparing import compare
from launcher.compliance.officer import asking
from launcher.compliance.printing import Json, Printing, added, as_json
from launcher.gateway import Malformed, verb

JOURNAL = "/api/journal/v1"
WRONG = 1
PAGE = 100  # items of one answer
STEP = 1024 * 1024  # bytes between two lines of progress
FILTERS = {name: name for name in ("office", "dossier", "person", "document", "letter", "actor", "type")}
FILTERS |= {"from": "since", "to": "until"}  # name of the interface: of the option
FORMATS = ("csv", "jsonl", "pdf", "bundle")


@verb
def timeline(options: argparse.Namespace) -> int:
    """Print leaves in the order of the log, and which numbers were left out."""
    path = "/my/events" if options.mine else "/events"
    printing, pages = Printing(options.lang), []
    with asking(options) as gateway:
        for page in gateway.pages(JOURNAL + path, _asked(options) | {"limit": PAGE}):
            pages.append(page)
            if not options.json:
                _print(map(printing.leaf, page["items"]))
    counters = added(pages)
    if options.json:
        _print([as_json({"items": [item for page in pages for item in page["items"]], "counters": counters})])
    else:
        _print(printing.counters(pages))
    return WRONG if any(counter["missing"] for counter in counters) else 0


@verb
def replay(options: argparse.Namespace) -> int:
    """Print what something was at a point, or whether a service's read model is what its events say."""
    if options.compare:
        return compare(options.data, options.compare, as_json=options.json)
    printing = Printing(options.lang)
    with asking(options) as gateway:
        pages = list(gateway.pages(_past(options), _why(options) | {"at": options.at, "limit": PAGE}))
    items = [item for page in pages for item in page["items"]]
    point = pages[0]["point"]
    if options.json:
        _print([as_json({"point": point, "items": items})])
    else:
        _print(printing.point(point))
        for item in items:
            _print(printing.state(item))
    return _findings(items)


@verb
def diff(options: argparse.Namespace) -> int:
    """Print what changed in a dossier between two points."""
    printing = Printing(options.lang)
    path = f"{JOURNAL}/dossiers/{options.dossier}/diff"
    with asking(options) as gateway:
        found = gateway.get(path, _why(options) | {"from": options.first, "to": options.second})
    if options.json:
        _print([as_json(found)])
        return _findings(found["aggregates"])
    for end in ("from", "to"):
        _print(printing.point(found[end]))
    for one in found["aggregates"]:
        _print(printing.changed(one))
    if not found["aggregates"]:
        _print([printing.say("nothing")])
    return _findings(found["aggregates"])


@verb
def export(options: argparse.Namespace) -> int:
    """Write a file: a table, lines of JSON, a report to print, or a bundle that anyone can verify."""
    form = next(name for name in FORMATS if getattr(options, name))
    path, query = _source(options, form)
    file = options.output or Path(f"{_scope(options)[1] or 'journal'}.{'lcp' if form == 'bundle' else form}")
    printing, told = Printing(options.lang), [STEP]

    def progress(size: int) -> None:
        if size >= told[0]:
            sys.stderr.write(f"scelle: {printing.say('written', file=file, size=size)}\n")
            told[0] = size + STEP

    with asking(options) as gateway:
        received = gateway.receive(path, query, file, progress)
    facts = {name: received.headers.get(f"scelle-{name}") for name in ("entries", "digest")}
    if options.json:
        _print([as_json({"file": str(file), "size": received.size, **facts})])
    else:
        _print([printing.say("written", file=file, size=received.size)])
        _print([printing.say("leaves", **facts)] if facts["digest"] else [])
    return 0


@verb
def erase(options: argparse.Namespace) -> int:
    """Have a person erased in every service."""
    with asking(options) as gateway:
        gateway.post(f"/api/identity/v1/persons/{options.person}/erasure", {"basis": options.basis})
    said = {"person": str(options.person), "basis": options.basis}
    _print([as_json(said) if options.json else Printing(options.lang).say("erasing", person=options.person)])
    return 0


def _asked(options: argparse.Namespace) -> Json:
    return _why(options) | {name: getattr(options, option) for name, option in FILTERS.items()}


def _why(options: argparse.Namespace) -> Json:
    return {"purpose": options.purpose, "reference": options.reference}


def _scope(options: argparse.Namespace) -> tuple[str, UUID | None]:
    for name in ("dossier", "document", "office"):
        if getattr(options, name, None):
            return name, getattr(options, name)
    return "", None


def _past(options: argparse.Namespace) -> str:
    if options.aggregate:
        return f"{JOURNAL}/aggregates/{options.aggregate}/state"
    kind, name = _scope(options)
    if name is None:
        raise Malformed("give --dossier, --office or --aggregate")
    return f"{JOURNAL}/{kind}s/{name}/state"


def _source(options: argparse.Namespace, form: str) -> tuple[str, Json]:
    kind, name = _scope(options)
    if form == "bundle":
        if name is None:
            raise Malformed("give --dossier, --document or --office: a bundle is of one of them")
        return f"{JOURNAL}/{kind}s/{name}/bundle", _why(options)
    if form == "pdf":
        if kind != "dossier":
            raise Malformed("give --dossier: a report is of a dossier")
        return f"{JOURNAL}/dossiers/{name}/report", _why(options)
    return f"{JOURNAL}/{'my' if options.mine else 'events'}/export", _asked(options) | {"format": form}


def _findings(items: Iterable[Json]) -> int:
    return WRONG if any(item["findings"] for item in items) else 0


def _print(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
