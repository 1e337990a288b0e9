"""Checkpoints that a witness cosigns per second: its real process, clients with a log each, every answer on the disk.

signatures alone: a loop that verifies and makes the very signatures of a checkpoint, and does nothing else. It bounds a
witness, whose signatures are made one at a time; the clients use the machine, too, so that the processor time of the
witness for a checkpoint is compared beside its rate.
Usage: python bench/witness.py [--clients 8] [--checkpoints 500]
"""

import argparse
import http.client
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # psutil ships no types
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from launcher.parts import Module, running
from launcher.ports import LOOPBACK, free_ports
from launcher.processes import Running
from proof.checkpoint import Checkpoint, format_hashes
from proof.cosignature import Cosigner, cosign
from proof.note import Key, Note, sign
from proof.tree import HASH_SIZE, Frontier, consistency_proof, leaf_hash, root

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
MLDSA_KEY = MLDSA44PrivateKey.from_seed_bytes(b"m" * 32)


def submissions(origin: str, count: int) -> list[bytes]:
    """Return what a log sends that grows by one entry each time, signed with both of its keys."""
    nodes: dict[tuple[int, int], bytes] = {}
    frontier, bodies = Frontier(), []

    def read(level: int, index: int) -> bytes:
        return nodes[level, index]

    for old in range(count):
        nodes |= {(level, index): node for level, index, node in frontier.append(leaf_hash(b"%d" % old))}
        text = Checkpoint(origin, old + 1, root(old + 1, read)).text()
        lines = (*sign(text, origin, KEY).signatures, cosign(text, origin, MLDSA_KEY, None))
        hashes = format_hashes(consistency_proof(old, old + 1, read))
        bodies.append(f"old {old}\n{hashes}\n".encode() + Note(text, lines).encode())
    return bodies


def client(port: int, bodies: list[bytes]) -> tuple[float, float]:
    """Send them one after the other; return when it began and when it ended."""
    connection = http.client.HTTPConnection(LOOPBACK, port)
    began = time.monotonic()
    for body in bodies:
        connection.request("POST", "/add-checkpoint", body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == http.HTTPStatus.OK
    connection.close()
    return began, time.monotonic()


def configuration(folder: Path, port: int, origins: list[str], *, mldsa: bool) -> Path:
    """Write a witness that follows these logs, and make its keys."""
    vkeys = {origin: [Key.of(origin, KEY).vkey, Cosigner.of(origin, MLDSA_KEY).vkey] for origin in origins}
    lines = ['name = "witness"', 'key_file = "key.pem"', 'database = "witness.db"', f'listen = "{LOOPBACK}:{port}"']
    lines += ['mldsa_key_file = "mldsa.pem"'] if mldsa else []
    for origin in origins:
        lines += ["[[logs]]", f'origin = "{origin}"', f"vkeys = {json.dumps(vkeys[origin])}"]
    file = folder / "witness.toml"
    file.write_text("\n".join(lines))
    command = [sys.executable, "-m", "launcher", "witness", "key", "--config", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    return file


def signatures(count: int, *, mldsa: bool) -> float:
    """Return the seconds of processor that the signatures of a checkpoint take: two verified, one or two made."""
    text = Checkpoint("log.example/0", 1, bytes(HASH_SIZE)).text().encode()
    checked = [(key.public_key(), key.sign(text)) for key in (KEY, MLDSA_KEY)]
    privates = (KEY, MLDSA_KEY) if mldsa else (KEY,)
    began = time.process_time()
    for _ in range(count):
        for public, signature in checked:
            public.verify(signature, text)
        for private in privates:
            private.sign(text)
    return (time.process_time() - began) / count


def rate(clients: int, count: int, *, mldsa: bool) -> tuple[float, float]:
    """Return cosigned checkpoints per second of all clients together, and the witness' seconds of processor for one."""
    origins = [f"log.example/{number}" for number in range(clients)]
    bodies = [submissions(origin, count) for origin in origins]
    with tempfile.TemporaryDirectory() as name:
        folder, (port,) = Path(name), free_ports(1)
        file = configuration(folder, port, origins, mldsa=mldsa)
        words = ("launcher", "witness", "serve", "--config", str(file))
        witness = Module("witness", words, {}, port, "/livez", folder / "log", folder)
        with running(witness) as process, multiprocessing.get_context("spawn").Pool(clients) as pool:
            pool.map(abs, range(clients * 4))  # every process has started
            former = used(process)
            times: list[tuple[float, float]] = pool.starmap(client, [(port, sent) for sent in bodies])
            spent = used(process) - former
    began, ended = zip(*times, strict=True)
    seconds: float = max(ended) - min(began)
    return clients * count / seconds, spent / (clients * count)


def used(process: Running) -> float:
    """Return the seconds of processor that a process has used."""
    times = psutil.Process(process.mark.pid).cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--checkpoints", type=int, default=500)
    asked = parser.parse_args()
    for clients in dict.fromkeys((1, asked.clients)):
        for mldsa in (False, True):
            alone = signatures(asked.checkpoints, mldsa=mldsa)
            found, spent = rate(clients, asked.checkpoints, mldsa=mldsa)
            keys = "Ed25519 and ML-DSA-44" if mldsa else "Ed25519"
            print(f"{clients} logs at once, witness with {keys}: {found:.0f} checkpoints/s, {found * alone:.2f} of")
            print(f"  signatures alone ({1 / alone:.0f}/s); of the {spent * 1e3:.2f} ms of processor for one they are")
            print(f"  {alone * 1e3:.2f} ms ({alone / spent:.2f})")


if __name__ == "__main__":
    main()
