"""The third way to verify a bundle: a person, a terminal, and the commands that stand in the bundle itself."""

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from anchors import anchored, promised
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proof.bundle import Scope
from worlds import NOW, Keys, Log, Tree, authority, bundle_of, token

NEEDED = ("bash", "openssl", "sha256sum", "od", "dd", "base64", "sed", "grep")


def commands(readme: str) -> str:
    lines = readme.split("VÉRIFIER À LA MAIN", 1)[1].split("CE QUE CELA NE PROUVE PAS", 1)[0].splitlines()
    return "\n".join(line[4:] for line in lines if line.startswith("    "))


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Export a stamped and witnessed dossier, and what its reader knows from elsewhere."""
    rng = Random(6)  # noqa: S311 - the same keys at every run
    keys, log = Keys(rng), Log(rng)
    document = tmp_path / "piece.pdf"
    document.write_bytes(b"a deposited file")
    dossier, office = log.uuid(), log.uuid()
    facts = {"office": office, "dossier": dossier}
    log.event("identity", log.uuid(), "signed-in", {}, office=None)
    log.event("vault", log.uuid(), "document-stored", {}, sha256=sha256(document.read_bytes()).hexdigest(), **facts)
    for number in range(5):
        log.event("dossier", dossier, "reminded", {"n": number}, **facts)
    log.head(office, dossier)
    tree = Tree(log.leaves)
    plain = {size: keys.note(size, tree.root(size)) for size in (3, tree.size)}
    witness = "w.example"
    keys.witnesses = {witness: Ed25519PrivateKey.from_private_bytes(b"w" * 32)}
    notes = plain | {tree.size: keys.cosigned(plain[tree.size], [witness], NOW)}
    bundle = bundle_of(log.leaves, tree, Scope("dossier", dossier), notes, Random(0))  # noqa: S311 - opens all it shows
    stamp = token(authority("One"), plain[tree.size], NOW + timedelta(hours=1))
    items = tuple(replace(item, opening=log.leaves[item.index].opening) for item in bundle.items)
    proof, _ = anchored(promised(plain[tree.size], b"n" * 16), NOW)
    bundle = replace(bundle, items=items, tokens={(tree.size, 0): stamp}, anchors={tree.size: proof.encode()})
    (tmp_path / "dossier.lcp").write_bytes(bundle.encode())
    with zipfile.ZipFile(tmp_path / "dossier.lcp") as archive:
        archive.extractall(tmp_path / "out")
    pem = authority("One").pem()
    (tmp_path / "authority.pem").write_bytes(pem)
    (tmp_path / "root.pem").write_bytes(re.findall(rb"-----BEGIN.+?END CERTIFICATE-----\n", pem, re.DOTALL)[-1])
    (member,) = keys.policy(rng).witnesses()
    known = {
        "CLE": keys.log_keys()[0].vkey.split("+", 2)[2],
        "TEMOIN": witness,
        "CLE_TEMOIN": member.vkey.split("+", 2)[2],
    }
    known |= {"AUTORITE": str(tmp_path / "authority.pem"), "RACINES": str(tmp_path / "root.pem")}
    return tmp_path / "out", known | {"DOCUMENT": str(document), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def typed(folder: Path, known: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script = commands((folder / "README.fr.txt").read_text(encoding="utf-8"))
    return subprocess.run(  # noqa: S603 - the commands are the readme's
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - the reader's own shell
        cwd=folder,
        env=known,
        capture_output=True,
        text=True,
        check=False,
    )


def verified(done: subprocess.CompletedProcess[str], witness: str) -> bool:
    """Tell whether every step said what it says when all is well."""
    sentences = ["etat conforme", "inclusion prouvee", "Verification: OK", "document reconnu"]
    sentences.append("l'ancrage porte sur ce point de controle")
    sentences.append(f"atteste par {witness} le 2026-03-01T12:00:00Z")
    signatures = done.stdout.count("Signature Verified Successfully")
    return done.returncode == 0 and signatures == 2 and all(sentence in done.stdout for sentence in sentences)


@pytest.mark.covers("C-05")
def test_the_commands_of_the_readme_verify_a_bundle_by_hand(exported: tuple[Path, dict[str, str]]) -> None:
    if not all(map(shutil.which, NEEDED)):
        pytest.skip("the commands that the readme uses are not all installed")
    folder, known = exported
    done = typed(folder, known)
    assert verified(done, known["TEMOIN"]), done.stdout + done.stderr


@pytest.mark.parametrize(
    "name", ["entries.bin", "states.bin", "proofs.jsonl", "checkpoints/8.note", "tokens/8-0.tsr", "ots/8.ots"]
)
def test_what_was_changed_fails_by_hand_too(exported: tuple[Path, dict[str, str]], name: str) -> None:
    if not all(map(shutil.which, NEEDED)):
        pytest.skip("the commands that the readme uses are not all installed")
    folder, known = exported
    data = bytearray((folder / name).read_bytes())
    place = {"tokens": -20, "ots": 40}.get(name.partition("/")[0], 30)
    data[place] = data[place] - 1 if chr(data[place]) in "zZ9" else (data[place] + 1) % 256
    (folder / name).write_bytes(data)
    assert not verified(typed(folder, known), known["TEMOIN"])
