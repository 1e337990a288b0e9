"""Changing the keys of the embedded stack while it serves: its processes see new key files by themselves.

Each step leaves a state in which everything works, and may be begun again after a crash: what is new is known to
whoever verifies or unwraps before it is used, and what is old goes only when nothing needs it.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.token_keys import SigningKey, parse_signing_keys, signing_at
from chassis.tokens import LONGEST_LIFE_SECONDS
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from eventstore import KeyRing
from journal.log.signer import KeyFile, Private, ed25519_file, mldsa_file
from proof.cosignature import Cosigner
from proof.note import Key

from launcher.blueprint import LOG_ORIGIN, Blueprint
from launcher.commands import say
from launcher.errors import StackError
from launcher.files import write_private
from launcher.keys import trusting
from launcher.operating import running_on, verb_of
from launcher.parts import Module
from launcher.service_settings import signing

WRAPPING = ("identity", "dossier", "vault", "messaging", "lre-gateway")
"""The services whose master key wraps something."""
SPARE_SECONDS = 30.0
"""How long clocks and requests under way may take beyond the life of a token."""


def status(options: argparse.Namespace) -> int:
    """Print the keys, and what is left to be done with them."""
    blueprint = running_on(options.data)
    for service, said in _every(blueprint, "status").items():
        wraps = ", ".join(f"version {number}: {count} keys" for number, count in said["wrapped"].items())
        unused = f"; unused: {_numbers(said['unused'])}" if said["unused"] else ""
        _tell(f"master {service:12} newest {said['newest']}; {wraps or 'nothing wrapped'}{unused}")
    now = time.time()
    for service in signing(blueprint.services):
        keys = _signing_keys(blueprint, service)
        words = [_token_key(key, signing_at(keys, now)) for key in keys]
        _tell(f"tokens {service:12} {', '.join(words)}")
    said = _json(blueprint.service("journal"), "keys")
    for vkey in (*said["held"], *said["former"]):
        state = "signs" if vkey in said["signing"] else "former" if vkey in said["former"] else "will sign"
        _tell(f"log    {vkey[:60]}… {state}")
    return 0


def rotate_master(options: argparse.Namespace) -> int:
    """Give each service's master key a new version, and put everything under it."""
    blueprint = running_on(options.data)
    for service in WRAPPING:
        path = _ring_file(blueprint, service)
        ring = KeyRing.parse(path.read_text()).rotated()
        write_private(path, ring.encode())
        say(f"{service}: version {ring.newest} wraps from now on")
    return rewrap(options)


def rewrap(options: argparse.Namespace) -> int:
    """Put everything under the newest versions."""
    for service, said in _every(running_on(options.data), "rewrap").items():
        say(f"{service}: {said['rewrapped']} keys put under version {said['newest']}")
    say("former versions can be destroyed: scelle keys retire master")
    return 0


def retire_master(options: argparse.Namespace) -> int:
    """Destroy the versions that wrap nothing; raises StackError, after the others, for one that still does."""
    blueprint, needed = running_on(options.data), list[str]()
    for service, said in _every(blueprint, "status").items():
        path = _ring_file(blueprint, service)
        ring = KeyRing.parse(path.read_text())
        for version in said["unused"]:
            ring = ring.without(version)
        write_private(path, ring.encode())
        say(f"{service}: destroyed {_numbers(said['unused']) or 'nothing'}")
        left = [number for number in ring.keys if number != ring.newest]
        needed += [f"version {number} of {service} ({said['wrapped'][str(number)]} keys)" for number in left]
    if needed:
        raise StackError(f"still wraps keys, and is kept: {', '.join(needed)}; run scelle keys rewrap first")
    return 0


def rotate_offices(options: argparse.Namespace) -> int:
    """Give every office a new key, put its documents' keys under it, and destroy the former one."""
    said = _json(running_on(options.data).service("vault"), "keys", "rotate")
    say(f"{said['offices']} offices have a new key, which wraps {said['rewrapped']} keys of documents")
    say(f"{said['destroyed']} former keys are destroyed")
    if said["unreadable"]:
        raise StackError(f"does not open, and stays as it is: {', '.join(said['unreadable'])}; see the runbook")
    return 0


def rotate_tokens(options: argparse.Namespace) -> int:
    """Publish the next key of every service, which signs a while later."""
    blueprint, now = running_on(options.data), datetime.now(UTC)
    since = now + timedelta(seconds=options.after)
    services = signing(blueprint.services)
    known = {service: _signing_keys(blueprint, service) for service in services}
    waiting = [name for name, keys in known.items() if signing_at(keys, now.timestamp()) is not keys[-1]]
    if waiting:
        raise StackError(f"the last new key of {', '.join(waiting)} does not sign yet; wait until it does")
    for keys in known.values():
        keys.append(SigningKey.new(keys[-1].number + 1, since))
    write_private(blueprint.trust_file, trusting(known))
    for service, keys in known.items():
        write_private(blueprint.secrets.signing_key(service), "".join(key.encode() for key in keys))
    say(f"new keys are published; they sign from {_clock(since)}")
    say(f"the former ones can be retired at {_clock(since + _longest())}: scelle keys retire tokens")
    return 0


def retire_tokens(options: argparse.Namespace) -> int:
    """Destroy the keys that signed before; raises StackError while tokens that they signed may be carried."""
    blueprint, now = running_on(options.data), datetime.now(UTC)
    services = signing(blueprint.services)
    kept: dict[str, list[SigningKey]] = {}
    for service in services:
        keys = _signing_keys(blueprint, service)
        current = signing_at(keys, now.timestamp())
        kept[service] = [key for key in keys if key.number >= current.number]
        until = (current.signs_from or now) + _longest()
        if len(kept[service]) < len(keys) and current.signs_from and now < until and not options.now:
            raise StackError(f"tokens signed by former keys may be carried until {_clock(until)}; retire them then")
    for service, keys in kept.items():
        write_private(blueprint.secrets.signing_key(service), "".join(key.encode() for key in keys))
    write_private(blueprint.trust_file, trusting(kept))
    say(f"kept {', '.join(f'{service}-{key.number}' for service, keys in kept.items() for key in keys)}")
    return 0


def rotate_log(options: argparse.Namespace) -> int:
    """Give the log a second pair of keys, and tell the witnesses and the policy."""
    blueprint = running_on(options.data)
    first, second = _log_files(blueprint)
    if len(first.held) > 1 or len(second.held) > 1:
        raise StackError("the log has two pairs of keys already; retire the former one first: scelle keys retire log")
    _write_log(
        blueprint,
        KeyFile((*first.held, Ed25519PrivateKey.generate()), first.former),
        KeyFile((*second.held, MLDSA44PrivateKey.generate()), second.former),
    )
    say("the log says its new keys in a leaf that the former ones sign, then both pairs sign")
    say(f"give whoever verifies or witnesses the new policy, {blueprint.folder / 'policy.json'}, before you go on with")
    say("scelle keys retire log")
    return 0


def retire_log(options: argparse.Namespace) -> int:
    """Destroy the former pair of keys; raises StackError unless the new one has signed beside it."""
    blueprint = running_on(options.data)
    first, second = _log_files(blueprint)
    said = _json(blueprint.service("journal"), "keys")
    if missing := [vkey for vkey in said["held"] if vkey not in said["signing"]]:
        raise StackError(
            f"has not signed yet: {missing[0][:60]}…; wait until the log grows, and look: scelle keys status"
        )
    if len(first.held) == len(second.held) == 1:
        raise StackError("the log has one pair of keys; scelle keys rotate log gives it another one")
    _write_log(blueprint, alone(first, LOG_ORIGIN), alone(second, LOG_ORIGIN))
    say("the former keys are destroyed; the policy goes on naming them, for what they signed")
    return 0


def alone(file: KeyFile[Private], origin: str) -> KeyFile[Private]:
    """Return a key file with the newest key alone; the others are former ones."""
    given_up: list[Key | Cosigner] = [
        Key.of(origin, key) if isinstance(key, Ed25519PrivateKey) else Cosigner.of(origin, key)
        for key in file.held[:-1]
    ]
    return KeyFile(file.held[-1:], (*file.former, *given_up))


def _json(part: Module, *words: str) -> dict[str, Any]:
    done = verb_of(part, *words)
    try:
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        told = done.stderr.decode(errors="replace")[-800:]
        raise StackError(f"{part.name} {' '.join(words)} failed with code {done.returncode}: {told}") from None
    return said


def _every(blueprint: Blueprint, act: str) -> dict[str, dict[str, Any]]:
    """Carry out `keys status` or `keys rewrap` of every service; raises StackError for a key that no version opens."""
    with ThreadPoolExecutor(2) as pool:
        done = pool.map(lambda part: _json(part, "keys", act), [blueprint.service(name) for name in WRAPPING])
        found = dict(zip(WRAPPING, done, strict=True))
    for service, said in found.items():
        if said["unreadable"]:
            raise StackError(f"no version of {service}'s master key opens {said['unreadable'][0]}; see the runbook")
    return found


def _ring_file(blueprint: Blueprint, service: str) -> Path:
    return blueprint.secrets.random_key(f"{service}-master")


def _signing_keys(blueprint: Blueprint, service: str) -> list[SigningKey]:
    return parse_signing_keys(blueprint.secrets.signing_key(service).read_text())


def _log_files(blueprint: Blueprint) -> tuple[KeyFile[Ed25519PrivateKey], KeyFile[MLDSA44PrivateKey]]:
    first, second = blueprint.secrets.signing_key("log"), blueprint.secrets.mldsa_key("log")
    return ed25519_file(first.read_text()), mldsa_file(second.read_text())


def _write_log(blueprint: Blueprint, first: KeyFile[Ed25519PrivateKey], second: KeyFile[MLDSA44PrivateKey]) -> None:
    """Write the key files, then whom witnesses and verifiers may believe; the witnesses are told to read it."""
    write_private(blueprint.secrets.signing_key("log"), _log_text(first.former, first.held))
    write_private(blueprint.secrets.mldsa_key("log"), _log_text(second.former, second.held))
    blueprint.attesters.prepare()
    blueprint.policy_file()
    mark = blueprint.state.processes.get("witnesses")
    if mark and mark.alive():
        os.kill(mark.pid, signal.SIGHUP)


def _log_text(former: Sequence[Key | Cosigner], held: Sequence[Ed25519PrivateKey | MLDSA44PrivateKey]) -> str:
    keys = (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() for key in held)
    return "".join([*(f"former {key.vkey}\n" for key in former), *keys])


def _token_key(key: SigningKey, current: SigningKey) -> str:
    if key.number == current.number:
        return f"{key.number} signs"
    return f"{key.number} {'former' if key.number < current.number else f'signs from {_clock(key.signs_from)}'}"


def _longest() -> timedelta:
    return timedelta(seconds=LONGEST_LIFE_SECONDS + SPARE_SECONDS)


def _clock(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%H:%M:%S") if moment else "ever"


def _numbers(versions: Sequence[int]) -> str:
    return ", ".join(f"version {number}" for number in versions)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
