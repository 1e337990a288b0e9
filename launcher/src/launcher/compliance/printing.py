"""What these verbs print: one line for each leaf, each state, each change, in French or English."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
Json = dict[str, Any]

_FRENCH = {
    "unsealed": "pas encore scellé",
    "sealed": "scellé sous {size}",
    "cosigned": "témoin",
    "stamped": "horodaté {at}",
    "erased": "personne effacée",
    "counter": "{service} : numéros {first} à {last}, {shown} montrés, {hidden} masqués, {missing} MANQUANTS",
    "point": "Point {asked} : {size} feuilles, sous le point de contrôle signé de taille {checkpoint}.",
    "after": "Écrit après le {at} (jeton d'horodatage).",
    "before": "Écrit avant le {at} (jeton d'horodatage).",
    "withheld": "contenu non communiqué à ce lecteur",
    "untold": "aucun état",
    "version": "version {version}, feuille {index}",
    "read": "lu par la version {version} du service, règles {upcasts}",
    "finding": "ANOMALIE {code}{place}",
    "place": " (feuille {index})",
    "by": "par la feuille {index} : {meaning} {who}",
    "nothing": "Rien n'a changé entre ces deux points.",
    "written": "{file} : {size} octets",
    "leaves": "{entries} feuilles, empreinte {digest}",
    "erasing": "L'effacement de {person} est en cours dans tous les services ; le journal dira quand il est achevé.",
}
_ENGLISH = {
    "unsealed": "not sealed yet",
    "sealed": "sealed under {size}",
    "cosigned": "witnessed",
    "stamped": "stamped {at}",
    "erased": "erased person",
    "counter": "{service}: numbers {first} to {last}, {shown} shown, {hidden} hidden, {missing} MISSING",
    "point": "Point {asked}: {size} leaves, under the signed checkpoint of size {checkpoint}.",
    "after": "Written after {at} (timestamp token).",
    "before": "Written before {at} (timestamp token).",
    "withheld": "contents not shown to this reader",
    "untold": "no state",
    "version": "version {version}, leaf {index}",
    "read": "read by version {version} of the service, rules {upcasts}",
    "finding": "FINDING {code}{place}",
    "place": " (leaf {index})",
    "by": "by leaf {index}: {meaning} {who}",
    "nothing": "Nothing changed between these two points.",
    "written": "{file}: {size} bytes",
    "leaves": "{entries} leaves, digest {digest}",
    "erasing": "The erasure of {person} is under way in every service; the journal will say when it is done.",
}
LANGUAGES = {"fr": _FRENCH, "en": _ENGLISH}


class Printing:
    """Lines in one language."""

    def __init__(self, language: str) -> None:
        self._texts = LANGUAGES[language]
        self._french = language == "fr"

    def say(self, name: str, **facts: object) -> str:
        """Return a sentence."""
        return self._texts[name].format(**facts)

    def leaf(self, leaf: Json) -> str:
        """Return the line of one leaf: place, time, meaning, who, seal."""
        meaning = leaf["meaning"] if self._french else leaf["type"]
        parts = (f"{leaf['index']:>7}", self.moment(leaf["recorded_at"]), f"{meaning} {self.who(leaf)}")
        return "  ".join((*parts, f"[{self._seal(leaf['sealed'])}]"))

    def who(self, leaf: Json) -> str:
        """Return who acted."""
        actor = leaf["actor"]
        name = self.say("erased") if actor["erased"] else actor["name"] or actor["id"]
        return f"— {name} ({actor['kind']})" if name else f"— {actor['kind']}"

    def counters(self, pages: list[Json]) -> Iterator[str]:
        """Return the sums of the counters of all pages of a list."""
        for counter in added(pages):
            yield self.say("counter", **counter)

    def point(self, point: Json) -> Iterator[str]:
        """Return what a point is, and what vouches for it."""
        yield self.say("point", asked=point["asked"], size=point["size"], checkpoint=point["checkpoint"]["size"])
        for name in ("after", "before"):
            if point[f"stamped_{name}"]:
                yield self.say(name, at=self.moment(point[f"stamped_{name}"]))

    def state(self, found: Json) -> Iterator[str]:
        """Return the lines of one aggregate as it was."""
        version = self.say("version", version=found["version"], index=found["index"])
        yield f"{found['aggregate'] or found['service']} {found['id']} ({version})"
        if found["withheld"]:
            yield f"    {self.say('withheld')}"
        elif found["state"] is None:
            yield f"    {self.say('untold')}"
        else:
            yield from (f"    {name} = {_value(value)}" for name, value in found["state"].items())
        yield from self._read(found)
        yield from self._findings(found)

    def changed(self, found: Json) -> Iterator[str]:
        """Return the lines of what changed in one aggregate."""
        events = {event["index"]: event for event in found["events"]}
        yield f"{found['service']} {found['id']}"
        if found["withheld"]:
            yield f"    {self.say('withheld')}"
        for change in found["changes"]:
            event = events[change["index"]]
            meaning = event["meaning"] if self._french else event["type"]
            yield f"    {change['field']} : {_value(change['before'])} → {_value(change['after'])}"
            yield f"        {self.say('by', index=change['index'], meaning=meaning, who=self.who(event))}"
        yield from self._read(found)
        yield from self._findings(found)

    def moment(self, text: str) -> str:
        """Return an instant as it was in Paris."""
        moment = datetime.fromisoformat(text).astimezone(PARIS)
        return moment.strftime("%d/%m/%Y %H:%M:%S" if self._french else "%Y-%m-%d %H:%M:%S")

    def _seal(self, sealed: Json | None) -> str:
        if sealed is None:
            return self.say("unsealed")
        said = [self.say("sealed", size=sealed["size"])]
        said += [self.say("cosigned")] if sealed["cosigned"] else []
        said += [self.say("stamped", at=self.moment(sealed["stamped_at"]))] if sealed["stamped_at"] else []
        return ", ".join(said)

    def _read(self, found: Json) -> Iterator[str]:
        if found["read_by"]:
            yield f"    {self.say('read', **found['read_by'])}"

    def _findings(self, found: Json) -> Iterator[str]:
        for finding in found["findings"]:
            place = "" if finding["index"] is None else self.say("place", index=finding["index"])
            yield f"    {self.say('finding', code=finding['code'], place=place)}"


def added(pages: list[Json]) -> list[Json]:
    """Add up the counters of all pages of a list, by service."""
    sums: dict[str, Json] = {}
    for counter in (counter for page in pages for counter in page.get("counters", ())):
        known = sums.setdefault(counter["service"], counter | {"shown": 0, "hidden": 0, "missing": 0})
        known["last"] = counter["last"]
        for name in ("shown", "hidden", "missing"):
            known[name] += counter[name]
    return [sums[service] for service in sorted(sums)]


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def as_json(value: Mapping[str, Any]) -> str:
    """Return one JSON object on one line."""
    return json.dumps(value, ensure_ascii=False)
