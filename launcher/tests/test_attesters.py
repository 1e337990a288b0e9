"""Whom the stack's policy names, does attest what the stack's log signs."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from launcher.blueprint import LOG_ORIGIN, Blueprint
from launcher.parts import running
from launcher.state import State
from proof import timestamp
from proof.checkpoint import Checkpoint
from proof.cosignature import Cosignature, Cosigner, cosign, cosignatures
from proof.note import Note, sign
from proof.policy import Policy
from proof.tree import leaf_hash


@pytest.fixture(scope="module")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blueprint]:
    """Return a stack of which only the witnesses and the authority run."""
    blueprint = Blueprint(State(tmp_path_factory.mktemp("attesters")), {})
    (tsa,) = [part for part in blueprint.sandboxes() if part.name == "sandbox-tsa"]
    with running(tsa), running(blueprint.attesters.witnesses()):
        yield blueprint


@pytest.fixture(scope="module")
def policy(blueprint: Blueprint) -> Policy:
    return Policy.parse(blueprint.policy_file().read_bytes())


def signed(blueprint: Blueprint) -> Note:
    """Return the checkpoint of one entry, signed with the files that the journal is given."""
    environment = blueprint.service("journal").environment
    ed25519 = load_pem_private_key(blueprint.secrets.signing_key("log").read_bytes(), None)
    mldsa = load_pem_private_key(Path(environment["JOURNAL_LOG_MLDSA_KEY_FILE"]).read_bytes(), None)
    assert isinstance(ed25519, Ed25519PrivateKey)
    assert isinstance(mldsa, MLDSA44PrivateKey)
    text = Checkpoint(LOG_ORIGIN, 1, leaf_hash(b"entry")).text()
    return Note(text, (*sign(text, LOG_ORIGIN, ed25519).signatures, cosign(text, LOG_ORIGIN, mldsa, None)))


def asked(blueprint: Blueprint, note: Note) -> list[tuple[Cosignature, ...]]:
    """Return what each witness that the journal is told of answers, read with the key that comes with it."""
    found = []
    for witness in json.loads(blueprint.service("journal").environment["JOURNAL_WITNESSES"]):
        url = f"{witness['url']}/add-checkpoint"
        held = httpx.post(url, content=b"old 0\n\n" + note.encode())
        if held.status_code == 409:
            held = httpx.post(url, content=b"old 1\n\n" + note.encode())
        assert held.status_code == 200, held.text
        found.append(cosignatures(Note.parse(note.encode() + held.content), [Cosigner.parse(witness["vkey"])]))
    return found


def test_two_of_three_witnesses_are_the_quorum_of_the_policy(blueprint: Blueprint, policy: Policy) -> None:
    note = signed(blueprint)
    (one,), (two,), (three,) = asked(blueprint, note)
    assert policy.quorum is not None
    assert policy.quorum.reached([one]) is None
    for pair in ([one, two], [two, three], [three, one]):
        assert policy.quorum.reached(pair)
    assert [one.cosigner, two.cosigner, three.cosigner] == policy.witnesses()


def test_the_log_signs_with_the_keys_of_the_policy(blueprint: Blueprint, policy: Policy) -> None:
    note = signed(blueprint)
    verifying = [
        [item.key for item in policy.log_keys if item.key.verifies(line.value, note.text.encode())]
        for line in note.signatures
    ]
    assert verifying == [[item.key] for item in policy.log_keys]


def test_the_authority_of_the_policy_stamps_what_the_log_signs(blueprint: Blueprint, policy: Policy) -> None:
    note = signed(blueprint)
    (authority,) = json.loads(blueprint.service("journal").environment["JOURNAL_AUTHORITIES"])
    asked_for = timestamp.request(timestamp.stamped(note))
    headers = {"Content-Type": "application/timestamp-query"}
    answer = httpx.post(authority["url"], content=asked_for.data, headers=headers).content
    stamp = timestamp.verify(answer, timestamp.imprint(note), policy.authorities, asked_for.nonce)
    assert [stamp.policy] == authority["policies"]


def test_a_second_start_keeps_the_keys_of_everybody(blueprint: Blueprint, policy: Policy) -> None:
    state = State(blueprint.folder, ports=dict(blueprint.state.ports), checked=set(blueprint.state.ports))
    assert Policy.parse(Blueprint(state, {}).policy_file().read_bytes()) == policy
