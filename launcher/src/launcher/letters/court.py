"""What a court is given of a letter: its facts, its proofs, the journal of its dossier, and how to check all of it."""

import argparse
import hashlib
import json
import mimetypes
from pathlib import Path

from launcher.gateway import Gateway, Json, Malformed, verb
from launcher.letters.asking import LETTERS, WRONG, asking
from launcher.letters.printing import moment, show

JOURNAL = "/api/journal/v1"
BUNDLE, MANIFEST, DIGESTS, NOTICE = "dossier.lcp", "manifeste.json", "empreintes.sha256", "LISEZMOI.txt"
FACTS = ("id", "number", "level", "level_name", "state", "state_name", "recipient", "recipient_email", "sender_email")
DATES = ("prepared_at", "deposited_at", "sent_at", "received_at", "ended_at", "deadline")
WORDS = """Lettre {id} ({level_name}), {state_name}.

{manifest} : les faits de la lettre, et la liste de ses preuves avec leurs empreintes.
preuves/ : les preuves, telles que le prestataire les a délivrées.
{digests} : leurs empreintes. Pour les comparer : sha256sum -c {digests}
{bundle} : le dossier de preuve, c'est-à-dire les écritures du journal qui portent sur le dossier de la lettre.

Vérification hors ligne, sans confiance dans l'exploitant. La politique de confiance vient d'une autre main que ceci.

    scelle verify {bundle} --policy POLITIQUE --document preuves/FICHIER

Le même contrôle se fait avec le fichier unique scelle_verify.py, ou à la main : voir docs/spec/journal.md du projet.
"""


@verb
def court(options: argparse.Namespace) -> int:
    """Write the folder for a court; 1 if a proof is not what its digest says."""
    folder: Path = options.output
    if folder.exists() and any(folder.iterdir()):
        raise Malformed(f"{folder} is not empty")
    (folder / "preuves").mkdir(parents=True, exist_ok=True)
    with asking(options) as gateway:
        letter = gateway.get(f"{LETTERS}/letters/{options.letter}", {})
        if letter["dossier_id"] is None:
            raise Malformed("the letter belongs to no dossier; a compliance officer exports the bundle of the office")
        found = gateway.get(f"{LETTERS}/letters/{options.letter}/evidence", {})["items"]
        evidence = [received(gateway, options.letter, one, folder / "preuves") for one in found]
        gateway.receive(f"{JOURNAL}/dossiers/{letter['dossier_id']}/bundle", {}, folder / BUNDLE, lambda _: None)
    facts = {name: letter[name] for name in (*FACTS, *DATES)}
    for one in evidence:
        one["file"] = f"preuves/{Path(one['file']).name}"
    manifest = facts | {"evidence": evidence, "bundle": BUNDLE}
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    digests = "".join(f"{one['sha256']}  {one['file']}\n" for one in evidence)
    (folder / DIGESTS).write_text(digests, encoding="utf-8")
    words = WORDS.format(**facts, manifest=MANIFEST, digests=DIGESTS, bundle=BUNDLE)
    (folder / NOTICE).write_text(words, encoding="utf-8")
    show(options, manifest, [f"{folder} : {len(evidence)} preuve(s), {BUNDLE}, {moment(letter['prepared_at'])}"])
    return 0 if all(one["intact"] for one in evidence) else WRONG


def received(gateway: Gateway, letter: object, one: Json, folder: Path) -> Json:
    """Download a proof into a folder, and say of it whether it is what its digest says."""
    given = gateway.post(f"{LETTERS}/letters/{letter}/evidence/{one['version_id']}/downloads")
    ending = mimetypes.guess_extension(one["media_type"]) or ".bin"
    file = folder / f"{one['kind']}-{one['version_id']}{ending}"
    gateway.receive(given["url"], {}, file, lambda _: None, given["ticket"])
    with file.open("rb") as source:
        intact = hashlib.file_digest(source, "sha256").hexdigest() == one["sha256"]
    return one | {"file": str(file), "intact": intact}
