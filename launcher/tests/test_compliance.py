"""The verbs of a compliance officer on the embedded stack."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from launcher.blueprint import Blueprint, database
from launcher.state import State


def scelle(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "launcher", *words, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)  # noqa: S603 - our own command


def object_in(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run a stack on a fresh folder."""
    folder = tmp_path_factory.mktemp("compliance")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o711)
    command = [sys.executable, "-m", "launcher", "up", "--json", "--data", str(folder / "data")]
    with (
        (folder / "up.log").open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as launcher,  # noqa: S603 - our own command
    ):
        assert launcher.stdout
        assert launcher.stdout.readline(), (folder / "up.log").read_text()
        yield folder / "data"
        launcher.terminate()
        launcher.wait(60)


def connect(data: Path, service: str) -> psycopg.Connection[Any]:
    state = State.load(data)
    state.checked.update(state.ports)
    address = Blueprint(state, {}).postgres_url()
    return psycopg.connect(f"{address.rpartition('/')[0]}/{database(service)}")


def test_the_demo_officer_signs_in_and_reads_the_office(data: Path) -> None:
    approved = False
    while not approved:  # the log takes it in a moment after it happened; the test's own limit ends this
        first = scelle(data, "timeline", "--purpose", "control", "--json")
        assert first.returncode == 0, first.stderr
        found = object_in(first)
        approved = "identity.membership-approved" in {item["type"] for item in found["items"]}
    assert {counter["missing"] for counter in found["counters"]} == {0}
    again = scelle(data, "timeline", "--purpose", "control", "--type", "journal.access")
    assert "Le journal a été consulté (motif : contrôle). — Inès Roche (staff)" in again.stdout
    assert scelle(data, "timeline").returncode == 2


@pytest.mark.parametrize("service", ["dossier", "vault", "messaging", "lre-gateway"])
def test_a_read_model_is_what_its_events_say(data: Path, service: str) -> None:
    done = scelle(data, "replay", "--compare", service, "--json")
    assert (done.returncode, object_in(done)["drift"], object_in(done)["service"]) == (0, False, service)


def test_a_read_model_that_drifts_is_an_exit_code(data: Path) -> None:
    with connect(data, "identity") as connection:
        connection.execute("UPDATE read.office SET name = 'Étude Autre' WHERE crpcen = '69999'")
    done = scelle(data, "replay", "--compare", "identity")
    assert (done.returncode, "differ: 1" in done.stdout) == (1, True)
    with connect(data, "identity") as connection:
        connection.execute("UPDATE read.office SET name = 'Étude Lambert' WHERE crpcen = '69999'")
    assert scelle(data, "replay", "--compare", "identity").returncode == 0


def test_an_erasure_is_asked_of_identity(data: Path) -> None:
    person = "7d0c5a8e-43a1-4c1f-9a5f-0c4b6a1a9d11"
    done = scelle(data, "erase", person, "--basis", "subject-request")
    assert (done.returncode, "not-found" in done.stderr) == (1, True)
    assert scelle(data, "erase", person, "--basis", "whim").returncode == 2


def test_an_operator_sees_how_the_journal_stands_and_audits_every_row(data: Path) -> None:
    standing = json.loads(scelle(data, "journal", "status", "--json").stdout)
    assert standing["size"] >= standing["signed_size"] > 0
    done = scelle(data, "journal", "audit", "--json")
    assert (done.returncode, json.loads(done.stdout)["clean"]) == (0, True)


def test_nothing_is_asked_of_a_stack_that_does_not_run(tmp_path: Path) -> None:
    done = scelle(tmp_path / "none", "timeline", "--purpose", "control")
    assert (done.returncode, "scelle up" in done.stderr) == (1, True)
    for words in (("replay", "--compare", "vault"), ("journal", "status")):
        done = scelle(tmp_path / "none", *words)
        assert (done.returncode, "scelle up" in done.stderr) == (1, True)
