"""The verbs of a compliance officer, against the journal."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from launcher.__main__ import main
from proof.reading import decode as read_bundle

if TYPE_CHECKING:
    from conftest import Platform

Scelle = Callable[..., tuple[int, str, str]]


@pytest.fixture
def scelle(platform: "Platform", tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Scelle:
    """Carry out a verb as the compliance officer of the office; give its exit code and what it printed."""
    token = tmp_path / "token"

    def carry_out(*words: object, who: str = "compliance", url: str = platform.url) -> tuple[int, str, str]:
        token.write_text(platform.bearer(who)["Authorization"].removeprefix("Bearer "))
        code = main([*map(str, words), "--url", url, "--token-file", str(token)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return carry_out


def object_in(text: str) -> dict[str, Any]:
    (line,) = text.splitlines()
    return dict(json.loads(line))


def test_a_timeline_says_what_happened_and_that_nothing_is_missing(scelle: Scelle, platform: "Platform") -> None:
    code, out, _ = scelle("timeline", "--purpose", "control", "--dossier", platform.dossier)
    lines = out.splitlines()
    assert code == 0
    assert len(lines) == 6 + 2
    assert "Événement « dossier.sample-opened ». — Anne M (staff)  [pas encore scellé]" in lines[0]
    assert lines[-1] == "vault : numéros 1 à 2, 2 montrés, 0 masqués, 0 MANQUANTS"
    code, out, _ = scelle("timeline", "--purpose", "control", "--json", "--type", "dossier.sample-noted")
    found = object_in(out)
    assert [item["index"] for item in found["items"]] == [1, 2]
    assert found["counters"][0]["hidden"] == 1
    code, out, _ = scelle("timeline", "--mine", "--lang", "en", who="client")
    assert (code, "vault.sample-stored — Paul M (client)  [not sealed yet]" in out) == (0, True)


def test_a_hole_in_the_log_is_an_exit_code(scelle: Scelle, platform: "Platform") -> None:
    with platform.database.transaction() as connection:
        connection.execute("ALTER TABLE journal.entry DISABLE TRIGGER never_changed")
        connection.execute("DELETE FROM journal.entry WHERE svc = 'dossier' AND store_seq = 2")
    code, out, _ = scelle("timeline", "--purpose", "incident")
    assert (code, "1 MANQUANTS" in out) == (1, True)


@pytest.mark.bad_input("B63")
def test_what_the_journal_refuses_is_said_with_an_exit_code(scelle: Scelle, platform: "Platform") -> None:
    code, out, err = scelle("timeline")
    assert (code, out, "purpose-required" in err) == (2, "", True)
    code, _, err = scelle("timeline", "--purpose", "control", who="notary")
    assert (code, "not-found" in err) == (1, True)
    code, _, err = scelle("timeline", "--purpose", "control", url="http://127.0.0.1:9")
    assert (code, "does not answer" in err) == (1, True)
    code, _, err = scelle("replay", "--at", "5", "--purpose", "control")
    assert (code, "--dossier" in err) == (2, True)
    code, _, err = scelle("replay", "--at", "99", "--purpose", "control", "--dossier", platform.dossier)
    assert (code, "point-unknown" in err) == (2, True)


def test_a_dossier_is_replayed_at_a_leaf_and_at_an_instant(scelle: Scelle, platform: "Platform") -> None:
    words = ("replay", "--purpose", "control", "--dossier", platform.dossier)
    code, out, _ = scelle(*words, "--at", "1")
    assert code == 0
    assert "Point 1 : 2 feuilles, sous le point de contrôle signé de taille 6." in out
    assert f"dossier.sample-matter {platform.dossier} (version 2, feuille 1)" in out
    assert "    number = 1" in out
    code, out, _ = scelle(*words, "--at", "2999-01-01T00:00:00Z", "--json")
    assert (code, len(object_in(out)["items"])) == (0, 3)
    code, out, _ = scelle("replay", "--purpose", "control", "--aggregate", f"vault/{platform.version}", "--at", "5")
    assert (code, '    name = "identité.pdf"' in out) == (0, True)
    code, out, _ = scelle("replay", "--purpose", "control", "--office", platform.office, "--at", "5")
    assert (code, str(platform.dossier) in out) == (0, True)


def test_a_finding_is_an_exit_code(scelle: Scelle, platform: "Platform") -> None:
    platform.tamper("dossier", "UPDATE ledger.stored_events SET state = 'nonsense' WHERE notification_id = 2")
    code, out, _ = scelle("replay", "--purpose", "control", "--dossier", platform.dossier, "--at", "2")
    assert code == 1
    assert "ANOMALIE event-unreadable" in out
    assert "ANOMALIE event-altered (feuille 1)" in out
    code, out, _ = scelle("diff", "0", "2", "--purpose", "control", "--dossier", platform.dossier)
    assert (code, "ANOMALIE event-unreadable (feuille 1)" in out) == (1, True)


def test_a_difference_names_the_event_behind_each_change(scelle: Scelle, platform: "Platform") -> None:
    words = ("--purpose", "control", "--dossier", platform.dossier)
    code, out, _ = scelle("diff", "0", "1", *words)
    assert code == 0
    assert "    number : 0 → 1\n        par la feuille 1 : Événement « dossier.sample-noted ». — Luc M (client)" in out
    code, out, _ = scelle("diff", "1", "1", *words)
    assert "Rien n'a changé entre ces deux points." in out
    code, out, _ = scelle("diff", "0", "5", *words, "--json")
    assert (code, len(object_in(out)["aggregates"])) == (0, 3)


def test_exports_are_files_of_their_owner(scelle: Scelle, platform: "Platform", tmp_path: Path) -> None:
    words = ("--purpose", "control", "--dossier", platform.dossier, "--output")
    table, lines, bundle = (tmp_path / name for name in ("a.csv", "a.jsonl", "a.lcp"))
    code, out, _ = scelle("export", "--csv", *words, table)
    assert code == 0
    assert "6 feuilles, empreinte " in out
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 6
    assert table.stat().st_mode & 0o077 == 0
    code, out, _ = scelle("export", "--jsonl", *words, lines, "--json")
    assert (code, object_in(out)["size"]) == (0, lines.stat().st_size)
    assert scelle("export", "--bundle", *words, bundle)[0] == 0
    assert read_bundle(bundle.read_bytes()).scope.id == str(platform.dossier)
    assert scelle("export", "--csv", "--mine", "--output", table, who="client")[0] == 0
    code, _, err = scelle("export", "--bundle", "--purpose", "control")
    assert (code, "--dossier" in err) == (2, True)
    code, _, _ = scelle("export", "--csv", "--purpose", "control", "--output", tmp_path / "b.csv", who="notary")
    assert (code, sorted(file.name for file in tmp_path.iterdir())) == (1, ["a.csv", "a.jsonl", "a.lcp", "token"])


def test_without_a_token_nothing_is_asked(platform: "Platform", capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", "--url", platform.url]) == 2
    assert "SCELLE_TOKEN" in capsys.readouterr().err
    assert main(["timeline", "--url", platform.url, "--token-file", "/nowhere"]) == 2
