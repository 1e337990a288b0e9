"""Registered letters on the whole platform: their proofs, their past, and what a kill, a forger or a purge changes."""

import hashlib
import hmac
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from launcher.blueprint import SERVICES
from launcher.demo import check
from launcher.journey.deposits import DOSSIERS
from launcher.journey.letters import ENDS, LETTERS, TEXT, Addressee, Mailing
from launcher.journey.story import PURPOSE, Journey
from launcher.journey.world import until
from launcher.operating import carried_out
from launcher.state import State
from proof.reading import decode as read_bundle
from proof.report import State as Outcome
from proof.report import Verdict
from testkit.canaries import files_under, rows
from testkit.stack import Platform
from testkit.verifiers import SINGLE_FILE

SMALL = 1000  # bytes; a manifest is smaller, the parts of proofs are larger
Json = dict[str, Any]


def exported(journey: Journey, dossier: str) -> bytes:
    path = f"/api/journal/v1/dossiers/{dossier}/bundle?{PURPOSE}"
    return journey.world.call("GET", path, token=journey.auditor.token).content


def new_mailing(journey: Journey, name: str) -> Mailing:
    """Return a mailing of the clerk, in a dossier of its own, from an account that is linked."""
    opening = {"number": f"{name}-{journey.run}", "title": "Lettres", "deed_type": "vente"}
    made = journey.world.call("POST", f"{DOSSIERS}/dossiers", 201, token=journey.clerk.token, body=opening).json()
    mailing = Mailing(journey.world, journey.clerk, made["id"])
    mailing.link(f"{name}.{journey.run}@etude-morel.example")
    return mailing


def people(name: str, journey: Journey, count: int = 1) -> list[Addressee]:
    """Return recipients who do what the name of their address says."""
    domain = "destinataires.example"
    return [
        Addressee("Ada", f"Personne {number}", f"{name}.{number}.{journey.run}@{domain}", "")
        for number in range(1, count + 1)
    ]


def send(mailing: Mailing, recipients: list[Addressee]) -> None:
    """Hand letters over to the provider, code included."""
    report = mailing.prepare(mailing.add(recipients), "Notification", TEXT)
    assert report["compatible"] == len(recipients), report
    mailing.send()
    mailing.release(mailing.code())


@contextmanager
def faults(mailing: Mailing, **given: Any) -> Iterator[None]:
    """Let the provider go wrong for a while."""
    mailing.provider("PUT", "/faults", body=given)
    try:
        yield
    finally:
        mailing.provider("PUT", "/faults", body={})


def object_of(platform: Platform, version: str) -> tuple[Any, str, str]:
    """Return where the bucket keeps the bytes of a version."""
    client = platform.s3().client()
    with platform.database("vault") as connection:
        row = connection.execute("SELECT object_key FROM read.document WHERE id = %s", [version]).fetchone()
    assert row is not None
    return next(
        (client, str(bucket.name), str(one.object_name))
        for bucket in client.list_buckets()
        for one in client.list_objects(bucket_name=bucket.name, recursive=True)
        if row[0] in str(one.object_name) and (one.size or 0) > SMALL
    )


@contextmanager
def altered(platform: Platform, version: str) -> Iterator[None]:
    """Change one byte of what the bucket keeps of a version."""
    client, bucket, name = object_of(platform, version)
    kept = client.get_object(bucket_name=bucket, object_name=name).read()
    changed = bytearray(kept)
    changed[len(changed) // 2] ^= 1
    client.put_object(bucket_name=bucket, object_name=name, data=io.BytesIO(bytes(changed)), length=len(changed))
    try:
        yield
    finally:
        client.put_object(bucket_name=bucket, object_name=name, data=io.BytesIO(kept), length=len(kept))


def sent_by(walked: Journey) -> Mailing:
    """Return the letters of the walked journey."""
    assert walked.mailing is not None
    return walked.mailing


def openings(bundle: bytes, event: str) -> dict[str, Json]:
    """Return what some events say in clear, by the version in the vault that they name."""
    found = {}
    for item in read_bundle(bundle).items:
        if f'"type":"{event}"'.encode() in item.entry:
            assert item.opening is not None
            found[str(item.opening.data["version_id"])] = item.opening.data | {"agg": json.loads(item.entry)["agg"]}
    return found


@pytest.mark.covers("A-11", "A-12", "A-13", "A-31", "A-38", "A-53", "A-56", "A-57", "A-58", "A-59", "A-67", "A-72")
def test_case_49_each_end_has_its_proof_with_one_digest_in_gateway_vault_and_journal(walked: Journey) -> None:
    mailing = sent_by(walked)
    assert sorted(mailing.states().values()) == sorted(ENDS)
    told = openings(walked.bundle, "lre-gateway.evidence-stored")
    stored = openings(walked.bundle, "vault.letter-document-stored")
    assert walked.proofs.keys() == ENDS.keys()
    for letter, state in mailing.states().items():
        proof = next(one for one in mailing.evidence(letter) if one["kind"] == ENDS[state])
        version = proof["version_id"]
        assert told[version]["agg"] == letter
        assert told[version]["kind"] == ENDS[state]
        assert {told[version]["sha256"], stored[version]["sha256"], proof["sha256"]} == {walked.proofs[state]["sha256"]}
        assert stored[version]["legal_hold"] is True
    assert told.keys() == mailing.kept


def test_case_51_a_proof_altered_in_storage_fails_the_verification_which_names_it_and_its_letter(
    walked: Journey, platform: Platform
) -> None:
    mailing, proof = sent_by(walked), walked.proofs["refused"]
    letter = next(one for one, state in mailing.states().items() if state == "refused")
    version = proof["version_id"]
    with altered(platform, version):
        bundle = exported(walked, walked.dossier)
        report = check(bundle, platform.policy)
        path = f"{LETTERS}/letters/{letter}/evidence/{version}/downloads"
        given = walked.world.call("POST", path, 201, token=walked.clerk.token).json()
        headers = {"Authorization": f"Bearer {given['ticket']}"}
        seen = walked.world.http.get(
            walked.world.gateway + given["url"].removeprefix(walked.world.gateway), headers=headers
        )
    assert report.verdict is Verdict.TAMPERED
    (failed,) = [one for one in report.checks if one.state is Outcome.FAILED]
    assert (failed.name, set(failed.findings)) == ("object-bytes", {version})
    assert openings(bundle, "lre-gateway.evidence-stored")[version]["agg"] == letter
    assert (seen.status_code, seen.json()["code"]) == (502, "document-damaged")
    assert check(exported(walked, walked.dossier), platform.policy).verdict is Verdict.INTACT


def test_case_52_the_read_model_made_again_from_the_events_is_the_same_to_the_byte(
    walked: Journey, platform: Platform
) -> None:
    mailing = sent_by(walked)
    paths = [f"/letters?dossier_id={walked.dossier}&limit=100", f"/batches/{mailing.batch}"]
    paths += [f"/letters/{letter}{more}" for letter in mailing.letters for more in ("", "/evidence")]

    def shown() -> list[bytes]:
        token = walked.clerk.token
        return [walked.world.call("GET", LETTERS + path, token=token).content for path in paths]

    def made_again() -> bool:
        before = shown()
        compared = carried_out(platform.folder, "lre-gateway", "compare", "--json")
        assert carried_out(platform.folder, "lre-gateway", "rebuild").returncode == 0
        return compared.returncode == 0 and not json.loads(compared.stdout)["drift"] and shown() == before

    until(made_again, "a read model that is what the events say, while the gateway goes on working")


def test_the_journal_tells_and_proves_what_a_letter_was_at_every_point_of_its_life(walked: Journey) -> None:
    mailing = sent_by(walked)
    letter = next(one for one, state in mailing.states().items() if state == "acknowledged")
    call, token = walked.world.call, walked.auditor.token
    path = f"/api/journal/v1/events?{PURPOSE}&letter={letter}&limit=100"
    events = [one for one in call("GET", path, token=token).json()["items"] if one["aggregate_id"] == letter]
    names = [one["type"].removeprefix("lre-gateway.letter-") for one in events]
    assert names[0] == "prepared"
    assert "acknowledged" in names
    assert all(one["meaning"] and not one["meaning"].startswith("Événement «") for one in events)
    seen = []
    for event in events:
        path = f"/api/journal/v1/aggregates/lre-gateway/{letter}/state?{PURPOSE}&at={event['index']}"
        (found,) = call("GET", path, token=token).json()["items"]
        assert (found["findings"], found["version"]) == ([], event["aggregate_version"])
        seen.append(found["state"]["state"])
    assert (seen[0], seen[-1]) == ("draft", "acknowledged")


def test_case_53_a_court_gets_letter_proofs_and_journal_and_checks_them_offline(
    walked: Journey, platform: Platform, tmp_path: Path
) -> None:
    mailing = sent_by(walked)
    letter = next(one for one, state in mailing.states().items() if state == "refused")
    folder = tmp_path / "tribunal"
    done = scelle(platform, walked, "court", letter, "--output", str(folder))
    assert done.returncode == 0, done.stderr
    manifest = json.loads((folder / "manifeste.json").read_text())
    kinds = {one["kind"] for one in manifest["evidence"]}
    assert {"submission-manifest", "deposit-and-sending", "refusal", "content", "full-archive"} <= kinds
    bundle = folder / manifest["bundle"]
    for proof in manifest["evidence"]:
        file = folder / proof["file"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == proof["sha256"]
        words = [str(bundle), "--policy", str(platform.policy), "--document", str(file)]
        for verifier in ([sys.executable, "-m", "launcher", "verify"], [sys.executable, str(SINGLE_FILE)]):
            checked = subprocess.run([*verifier, *words], capture_output=True, check=False)  # noqa: S603 - our own command
            assert checked.returncode == 0, (proof["kind"], checked.stdout, checked.stderr)


def test_case_54_our_proofs_verify_when_the_provider_has_purged_its_own(walked: Journey, platform: Platform) -> None:
    mailing = sent_by(walked)
    with faults(mailing, proofs_purged=True):
        for letter, state in mailing.states().items():
            assert mailing.proven(letter, ENDS[state])
        assert check(exported(walked, walked.dossier), platform.policy).verdict is Verdict.INTACT


def test_case_50_an_address_of_a_proof_that_no_longer_works_is_read_again(walked: Journey) -> None:
    mailing = new_mailing(walked, "adresses")
    with faults(mailing, proof_urls_generation=1, proof_delay_s=2):
        send(mailing, people("adresse", walked))
        mailing.wait_for("notified")
        mailing.provider("PUT", "/faults", body={"proof_urls_generation": 2})
        assert mailing.proven(mailing.letters[0], "deposit-and-sending")
        (letter,) = mailing.provider("GET", f"/letters?reference={reference(mailing.letters[0])}")
        mailing.provider("POST", f"/letters/{letter['id']}/accept")
        mailing.provider("PUT", "/faults", body={"proof_urls_generation": 3})
        mailing.wait_for("acknowledged")
        assert mailing.proven(mailing.letters[0], "reception")


@pytest.fixture(scope="module")
def waiting(walked: Journey) -> Mailing:
    """Return one letter that waits for its recipient, who does nothing."""
    mailing = new_mailing(walked, "attente")
    send(mailing, people("personne", walked))
    mailing.wait_for("notified")
    return mailing


def told_by_the_provider(waiting: Mailing) -> str:
    """Return the address at which the provider calls us about the letter."""
    (letter,) = waiting.provider("GET", f"/letters?reference={reference(waiting.letters[0])}")
    return str(letter["webhook"])


def test_a_forged_call_of_the_provider_moves_nothing_and_a_wrong_secret_finds_nothing(waiting: Mailing) -> None:
    address = told_by_the_provider(waiting)
    forged = {"id_mail": "1", "new_state": "AR", "proof_url": "http://127.0.0.1:9/get/proof/ar-1?token=x"}
    assert httpx.post(address, data=forged, trust_env=False).status_code == 200
    guessed = address[:-4] + ("aaaa" if not address.endswith("aaaa") else "bbbb")
    answer = httpx.post(guessed, data=forged, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    calls = waiting.provider("GET", "/calls")
    until(lambda: waiting.provider("GET", "/calls") != calls, "the letter to be read again")
    assert waiting.states() == {waiting.letters[0]: "notified"}


@pytest.mark.covers("A-48")
def test_case_22_a_killed_gateway_sends_no_letter_twice(walked: Journey, platform: Platform) -> None:
    mailing = new_mailing(walked, "coupure")
    report = mailing.prepare(mailing.add(people("silence", walked, 30)), "Notification", TEXT)
    assert report["compatible"] == 30
    mailing.send()
    with faults(mailing, slow_s=0.2), ThreadPoolExecutor() as aside:
        body = {"letter_ids": mailing.letters, "code": mailing.code()}
        headers = {"Authorization": f"Bearer {walked.clerk.token}"}
        address = f"{walked.world.gateway}{LETTERS}/releases"
        answer = aside.submit(httpx.post, address, json=body, headers=headers, timeout=60, trust_env=False)
        until(lambda: len(at_the_provider(mailing)) >= 5, "some letters to be at the provider")
        pid = platform.kill("lre-gateway")
        assert len(at_the_provider(mailing)) < 30
        platform.wait_until_back("lre-gateway", pid)
        assert answer.result().status_code in {200, 502, 503}

    def all_left() -> bool:
        states = Counter(mailing.states().values())
        if states["awaiting-sender-auth"] and not states["submitting"] + states["submission-unknown"]:
            mailing.release(
                mailing.code(), [one for one, state in mailing.states().items() if state == "awaiting-sender-auth"]
            )
        return states.keys() <= {"in-transit", "notified"}

    until(all_left, "every letter to leave", 120)
    assert Counter(at_the_provider(mailing)) == dict.fromkeys(mailing.letters, 1)


def at_the_provider(mailing: Mailing) -> list[str]:
    """Return the references of the letters that the provider holds of these."""
    answer: list[Json] = mailing.provider("GET", "/letters")
    known = {reference(letter): letter for letter in mailing.letters}
    return [known[one["ref_client"]] for one in answer if one["ref_client"] in known]


def reference(letter: str) -> str:
    """Return the name by which the provider is told of a letter."""
    return letter.replace("-", "")


@pytest.fixture
def secrets_used(walked: Journey, platform: Platform, waiting: Mailing) -> dict[str, str]:
    """Return what opens something at the provider: credentials, what a code gave, addresses of proofs, of our hints."""
    word = platform.folder / "secrets"
    found = {name: (word / f"{name}.txt").read_text() for name in ("ar24-token", "ar24-private-key")}
    found["address of a hint"] = told_by_the_provider(waiting).rpartition("/")[2]
    found["signing of calls"] = hashlib.sha256(found["ar24-private-key"].encode()).hexdigest()
    with sqlite3.connect(platform.folder / "ar24" / "ar24.sqlite") as provider:
        kept = provider.execute("SELECT kind, doc FROM record WHERE kind IN ('Grant', 'Sender')").fetchall()
    for number, (kind, text) in enumerate(kept):
        record = json.loads(text)
        found[f"{kind} {number}"] = record["uuid"] if kind == "Grant" else record["otp_key"]
    assert any(name.startswith("Grant") for name in found), kept
    mailing = sent_by(walked)
    proof = httpx.get(f"{walked.world.ar24}/__sandbox__/letters?reference={reference(mailing.letters[0])}").json()[0]
    found["address of a proof"] = proof_token(proof)
    return found


def proof_token(letter: Json) -> str:
    """Return the secret in the addresses of a letter's proofs, as the simulator makes it."""
    return hmac.new(b"sandbox", f"{letter['id']}.{letter['uuid']}.0".encode(), "sha256").hexdigest()[:16]


def test_case_10_no_code_token_or_address_of_a_proof_is_written_anywhere(
    walked: Journey, platform: Platform, waiting: Mailing, secrets_used: dict[str, str]
) -> None:
    codes = {waiting.code(), sent_by(walked).code()}
    places = [*files_under(platform.folder / "logs"), *files_under(platform.folder / "nats")]
    places += [place for service in SERVICES for place in rows(platform, service)]
    assert any(b"lre-gateway.letter-sent" in content for _, content in places)
    leaked = {
        f"{what} in {place}"
        for place, content in places
        for what, word in secrets_used.items()
        if word.encode() in content
    }
    assert leaked == set()
    for place, content in places:
        assert not re.search(rb"token=[0-9a-f]{16}", content), place
    logs = b"".join(content for _, content in files_under(platform.folder / "logs"))
    assert not [code for code in codes if re.search(rb"(?<![\w.:-])" + code.encode() + rb"(?![\w.-])", logs)]


# ---- from a terminal -------------------------------------------------------------------------------------------------


def scelle(platform: Platform, walked: Journey, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Carry out a verb of letters as the clerk of the journey."""
    token = platform.folder.parent / "token"
    token.write_text(walked.clerk.token)
    command = [sys.executable, "-m", "launcher", "letters", *words, "--token-file", str(token)]
    command += ["--url", walked.world.gateway, "--json"]
    return subprocess.run(command, input=said, capture_output=True, text=True, check=False, timeout=150)  # noqa: S603 - our own command


def answered(done: subprocess.CompletedProcess[str], code: int = 0) -> Json:
    assert done.returncode == code, (done.stdout, done.stderr)
    return dict(json.loads(done.stdout))


def test_an_office_sends_letters_from_a_terminal(walked: Journey, platform: Platform, tmp_path: Path) -> None:
    def run(*words: str, code: int = 0, said: str = "") -> Json:
        return answered(scelle(platform, walked, *words, said=said), code)

    mailing = new_mailing(walked, "terminal")
    (sender,) = [one for one in run("senders", "--refresh")["items"] if one["id"] == mailing.sender]
    assert (sender["state"], sender["missing"]) == ("ready", [])
    annex = tmp_path / "annexe.pdf"
    annex.write_bytes(b"%PDF-1.7\nannexe\n%%EOF\n")
    (attached,) = run("attach", str(annex))["items"]
    ada, bob = (f"{name}.terminal.{walked.run}@destinataires.example" for name in ("accept+1s", "never"))
    table = tmp_path / "lettres.csv"
    table.write_text(
        "nom;prénom;e-mail;objet;texte;pièces jointes\n"
        f"Martin;Ada;{ada};Congé;Madame, Monsieur, voici.;{attached['version_id']}\n"
        f"Petit;Bob;{bob};Congé;Madame, Monsieur, voici.;\n"
        ";;;sans destinataire;;\n",
        encoding="utf-8",
    )
    made = run("batch", "create", str(table), "--sender", mailing.sender, code=1)
    assert (made["letters"], [one["row"] for one in made["refused"]]) == (2, [4])
    batch = made["batch_id"]
    assert run("batch", "check", batch, code=1)["by_code"] == {"CONSENT_MISSING": 2}
    assert len(run("batch", "errors", batch, code=1)["items"]) == 2
    mailing.consent(ada)
    changed = run("consents", "refresh", mailing.sender)["items"]
    assert [one["after"] for one in changed] == ["accepted"]
    assert run("batch", "check", batch, code=1)["compatible"] == 1
    assert run("batch", "send", batch)["finished"]
    (awaits,) = [one for one in run("awaiting")["items"] if one["batch_id"] == batch]
    assert scelle(platform, walked, "release", awaits["id"]).returncode == 2
    wrong = next(code for code in ("000000", "111111") if code != mailing.code())
    assert scelle(platform, walked, "release", awaits["id"], "--code-stdin", said=f"{wrong}\n").returncode == 1
    run("release", awaits["id"], "--code-stdin", said=mailing.code() + "\n")
    until(lambda: run("show", awaits["id"])["state"] == "acknowledged", "the letter to be accepted")
    until(lambda: not run("show", awaits["id"])["evidence_awaited"], "the proofs")
    folder = tmp_path / "preuves"
    kept = run("evidence", awaits["id"], "--download", str(folder))["items"]
    assert kept
    assert all(one["intact"] and Path(one["file"]).stat().st_size == one["size"] for one in kept)
    written = run("export", "--csv", "--batch", batch, "--output", str(tmp_path / "liste.csv"))
    assert written["size"] == (tmp_path / "liste.csv").stat().st_size
    assert len(run("list", "--batch", batch)["items"]) == 2
    received = run(
        "list", "--batch", batch, "--status", "acknowledged", "--from", "2026-01-01T00:00:00Z", "--search", "ada"
    )
    assert [one["id"] for one in received["items"]] == [awaits["id"]]
    assert run("list", "--batch", batch, "--to", "2026-01-01T00:00:00Z")["items"] == []
    State.load(platform.folder)  # the platform is still there
