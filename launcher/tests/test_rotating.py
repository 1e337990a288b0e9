"""Changing keys, as the operator's commands do it, on a stack of which only the witnesses and the authority run."""

import json
import os
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chassis.token_keys import parse_signing_keys
from chassis.tokens import Signer, Verifier
from journal.log.signer import LogSigner
from launcher.blueprint import LOG_ORIGIN, Blueprint
from launcher.errors import StackError
from launcher.journey.world import until
from launcher.parts import running
from launcher.processes import Mark
from launcher.state import State
from proof.policy import Policy
from proof.tree import leaf_hash

from launcher import rotating


@pytest.fixture(scope="module")
def blueprint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blueprint]:
    """Return a stack that says it runs, by this process."""
    state = State(tmp_path_factory.mktemp("rotating"), launcher=Mark.of_this_process("launcher"), summary={"up": True})
    blueprint = Blueprint(state, os.environ)
    (tsa,) = [part for part in blueprint.sandboxes() if part.name == "sandbox-tsa"]
    with running(tsa), running(blueprint.attesters.witnesses()) as witnesses:
        state.processes["witnesses"] = witnesses.mark
        state.save()
        blueprint.policy_file()
        yield blueprint


@pytest.fixture
def options(blueprint: Blueprint) -> Namespace:
    return Namespace(data=blueprint.folder, after=0.0, now=False)


def numbers(blueprint: Blueprint, service: str) -> list[int]:
    return [key.number for key in parse_signing_keys(blueprint.secrets.signing_key(service).read_text())]


def trusted(blueprint: Blueprint) -> set[str]:
    return {key["kid"] for key in json.loads(blueprint.trust_file.read_text())["keys"]}


def test_the_next_token_keys_are_trusted_at_once_and_sign_later(blueprint: Blueprint, options: Namespace) -> None:
    verifier = Verifier(blueprint.trust_file)
    options.after = 2.0
    rotating.rotate_tokens(options)
    assert numbers(blueprint, "vault") == [1, 2]
    assert {"identity-1", "identity-2", "journal-1", "journal-2"} <= trusted(blueprint)
    with pytest.raises(StackError, match="does not sign yet"):
        rotating.rotate_tokens(options)
    signer = Signer(blueprint.secrets.signing_key("vault"), "vault")
    assert signer.kid == "vault-1"
    assert verifier.service(signer.service_token("journal"), "journal") == "vault"
    until(lambda: signer.kid == "vault-2", "the new key to sign")
    assert verifier.service(signer.service_token("journal"), "journal") == "vault"


def test_former_token_keys_are_not_retired_while_their_tokens_live(blueprint: Blueprint, options: Namespace) -> None:
    with pytest.raises(StackError, match="may be carried until"):
        rotating.retire_tokens(options)
    assert numbers(blueprint, "vault") == [1, 2]
    options.now = True
    rotating.retire_tokens(options)
    assert numbers(blueprint, "vault") == [2]
    assert "identity-1" not in trusted(blueprint)
    rotating.retire_tokens(options)  # there is nothing more to retire
    assert numbers(blueprint, "vault") == [2]


def test_another_command_writes_the_same_trust_file(blueprint: Blueprint) -> None:
    before = trusted(blueprint)
    Blueprint(State.load(blueprint.folder), os.environ)
    assert trusted(blueprint) == before


def cosigned(blueprint: Blueprint, note: bytes) -> list[int]:
    """Ask every witness; return what they answer."""
    found = []
    for url in blueprint.attesters.urls().values():
        held = httpx.post(f"{url}/add-checkpoint", content=b"old 0\n\n" + note)
        if held.status_code == 409:
            held = httpx.post(f"{url}/add-checkpoint", content=b"old 1\n\n" + note)
        found.append(held.status_code)
    return found


def log(blueprint: Blueprint) -> LogSigner:
    return LogSigner(LOG_ORIGIN, blueprint.secrets.signing_key("log"), blueprint.secrets.mldsa_key("log"))


def test_policy_and_witnesses_know_the_new_pair_of_the_log_before_it_signs(
    blueprint: Blueprint, options: Namespace
) -> None:
    former = log(blueprint).keys
    assert cosigned(blueprint, log(blueprint).sign(1, leaf_hash(b"entry"))) == [200] * 3
    rotating.rotate_log(options)
    held = log(blueprint).keys
    assert len(held) == 4
    assert {*former} < {*held}
    policy = Policy.parse((blueprint.folder / "policy.json").read_bytes())
    assert [item.key for item in policy.log_keys] == [*held]
    new = [key for key in held if key not in former]
    alone = log(blueprint).sign(1, leaf_hash(b"entry"), new)
    until(lambda: cosigned(blueprint, alone) == [200] * 3, "the witnesses to follow the new keys")
    with pytest.raises(StackError, match="two pairs"):
        rotating.rotate_log(options)


def test_former_keys_of_the_log_stay_in_the_policy_and_leave_the_witnesses(blueprint: Blueprint) -> None:
    before = log(blueprint)
    old, new = before.keys[::2], before.keys[1::2]
    first, second = rotating._log_files(blueprint)
    rotating._write_log(blueprint, rotating.alone(first, LOG_ORIGIN), rotating.alone(second, LOG_ORIGIN))
    after = log(blueprint)
    assert (after.keys, after.known) == (new, before.keys)
    policy = Policy.parse((blueprint.folder / "policy.json").read_bytes())
    assert {item.key for item in policy.log_keys} == {*old, *new}
    config = Path(blueprint.folder / "witnesses" / "witness-1.toml").read_text()
    assert [key.vkey in config for key in (*old, *new)] == [False, False, True, True]


ACTS = [rotating.status, rotating.rotate_offices, rotating.rotate_tokens, rotating.rotate_log, rotating.rewrap]


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_changed_where_nothing_runs(tmp_path: Path, act: object) -> None:
    assert callable(act)
    with pytest.raises(StackError, match="nothing runs"):
        act(Namespace(data=tmp_path, after=time.monotonic()))
