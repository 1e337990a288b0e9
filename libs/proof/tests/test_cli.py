import json
import shutil
import subprocess
import zipfile
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from proof.bundle import Opening
from proof.cli import verify
from proof.note import Key

if TYPE_CHECKING:
    from conftest import Log


@pytest.fixture
def given(log: "Log", tmp_path: Path) -> Path:
    """Fill a folder with a bundle, a policy, a remembered checkpoint and a file that is not in the dossier."""
    (tmp_path / "dossier.lcp").write_bytes(log.bundle(2).encode())
    (tmp_path / "policy.json").write_bytes(log.policy().encode())
    (tmp_path / "known.note").write_bytes(log.note(2))
    (tmp_path / "other.pdf").write_bytes(b"other")
    return tmp_path


@pytest.mark.bad_input("B54")
def test_the_command_says_by_its_exit_code_what_it_found(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, policy = str(given / "dossier.lcp"), ["--policy", str(given / "policy.json")]
    assert verify([bundle, *policy]) == 0
    assert "VERDICT : INTACT" in capsys.readouterr().out
    assert verify([bundle, *policy, "--document", str(given / "other.pdf"), "--lang", "en"]) == 1
    assert "VERDICT: TAMPERED" in capsys.readouterr().out
    assert verify([bundle, *policy, "--known", str(given / "known.note"), "--level", "2"]) == 0
    assert verify([bundle]) == 3
    capsys.readouterr()
    assert verify([str(given / "other.pdf"), *policy, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["verdict"] == "malformed"


def test_a_policy_or_file_that_cannot_be_read_is_never_a_success(given: Path) -> None:
    bundle = str(given / "dossier.lcp")
    assert verify([bundle, "--policy", bundle]) == 2
    assert verify([bundle, "--policy", str(given / "absent.json")]) == 2
    (given / "large.json").write_bytes(b" " * 270_000)
    assert verify([bundle, "--policy", str(given / "large.json")]) == 2


@pytest.mark.parametrize("made", ["log", "full"])
def test_the_commands_of_the_readme_verify_a_bundle_by_hand(
    made: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    log: Log = request.getfixturevalue(made)
    if not all(map(shutil.which, ("bash", "openssl", "sha256sum", "od", "dd", "base64"))):
        pytest.skip("the commands that the readme uses are not all installed")
    document = tmp_path / "piece.pdf"
    document.write_bytes(b"a deposited file")
    sealed = {"data": {"sha256": sha256(b"a deposited file").hexdigest()}}
    entry, state, opening = log.entries[2]
    log.entries[2] = (entry, state, Opening(sealed, opening.salt))
    archive = tmp_path / "dossier.lcp"
    archive.write_bytes(log.bundle().encode())
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "out")
    readme = (files("proof") / "README.fr.txt").read_text()
    commands = [line[4:] for line in readme.split("VÉRIFIER À LA MAIN")[1].splitlines() if line.startswith("    ")]
    key = Key.of("journal.example/test", log.key).vkey.split("+", 2)[2]
    *_, middle, root = log.authority("Sandbox").certificates
    authority = {name: str(tmp_path / f"{name}.pem") for name in ("AUTORITE", "RACINES")}
    for name, certificate in (("AUTORITE", middle), ("RACINES", root)):
        Path(authority[name]).write_bytes(certificate.public_bytes(Encoding.PEM))
    done = subprocess.run(  # noqa: S603 - the commands are the readme's
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],  # noqa: S607 - the reader's own shell
        cwd=tmp_path / "out",
        env={"PATH": "/usr/bin:/bin", "CLE": key, "DOCUMENT": str(document), **authority},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for sentence in ("etat conforme", "inclusion prouvee", "Signature Verified Successfully", "document reconnu"):
        assert sentence in done.stdout
    assert ("Verification: OK" in done.stdout) == bool(log.tokens)
