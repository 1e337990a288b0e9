"""Deposits and resumable uploads through the vault against raw `minio` PUTs of the same bytes: MiB/s, ratio, memory.

    .venv/bin/python bench/deposit.py [--mebibytes 1024] [--rounds 3]

All in one run. The raw PUT is `Minio.put_object` with its defaults (multipart, three threads). Deposit and upload go
over HTTP into a vault process of its own: SHA-256, encryption, storage, manifest, event and proof entry. An upload
sends 64 MiB in each request. Memory is the growth of the process' peak resident set over its size when idle.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from chassis.tokens import Signer, Ticket, new_signing_key
from launcher.components.postgres import Postgres, create_database
from launcher.components.seaweedfs import PORTS, SeaweedFS
from launcher.parts import running
from launcher.ports import free_ports
from minio import Minio

MEBIBYTE = 1 << 20
REQUEST_BYTES = 64 * MEBIBYTE


@dataclass(frozen=True)
class VaultProcess:
    """A vault that runs, and a dossier service's key to sign tickets for it."""

    port: int
    pid: int
    dossier: Signer

    def upload(self, path: Path, size: int, sha256: str) -> None:
        """Send a file in several requests."""
        ticket = _ticket(size, sha256)
        url = f"/api/vault/v1/documents/{ticket.version_id}/upload"
        common = {"Authorization": f"Bearer {self.dossier.ticket(ticket)}", "Tus-Resumable": "1.0.0"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, blocksize=MEBIBYTE)
        connection.request("POST", url, headers={**common, "Upload-Length": str(size)})
        answer = connection.getresponse()
        assert answer.status == http.HTTPStatus.CREATED, answer.read()
        answer.read()
        with path.open("rb") as file:
            for offset in range(0, size, REQUEST_BYTES):
                length = min(REQUEST_BYTES, size - offset)
                named = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                connection.request(
                    "PATCH", url, _piece(file, length), {**common, **named, "Content-Length": str(length)}
                )
                answer = connection.getresponse()
                assert answer.status == http.HTTPStatus.NO_CONTENT, answer.read()
                answer.read()
        connection.close()

    def deposit(self, path: Path, size: int, sha256: str) -> None:
        """Send a file as a client would."""
        ticket = _ticket(size, sha256)
        headers = {"Authorization": f"Bearer {self.dossier.ticket(ticket)}", "Content-Length": str(size)}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, blocksize=MEBIBYTE)
        with path.open("rb") as file:
            connection.request("PUT", f"/api/vault/v1/documents/{ticket.version_id}/content", file, headers)
            answer = connection.getresponse()
            assert answer.status == http.HTTPStatus.CREATED, answer.read()
        connection.close()

    def memory(self, line: str) -> float:
        """Return a line of /proc/PID/status in MiB: VmRSS is now, VmHWM the peak."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition(f"{line}:")[2].split()[0]) / 1024

    def forget_peak(self) -> None:
        """Begin a new peak."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)
        file, sha256 = _sample(folder, asked.mebibytes)
        s3 = SeaweedFS(folder / "s3", free_ports(len(PORTS)), folder / "s3.log", tied=True)
        stack.enter_context(running(s3))
        vault = stack.enter_context(_vault(folder, s3, stack))
        raw, vaulted, uploaded, peak = _measure(s3, vault, file, sha256, asked.rounds)
    print(f"raw minio put_object   {_spread(raw)}")
    print(f"deposit in the vault   {_spread(vaulted)}")
    print(f"resumable upload       {_spread(uploaded)}")
    print(f"deposit / raw          {_ratios(vaulted, raw)}")
    print(f"upload / deposit       {_ratios(uploaded, vaulted)}")
    print(f"peak memory over idle  {peak:.0f} MiB")


def _measure(
    s3: SeaweedFS, vault: VaultProcess, file: Path, sha256: str, rounds: int
) -> tuple[list[float], list[float], list[float], float]:
    size = file.stat().st_size
    access = s3.access
    client = Minio(access.endpoint, access_key=access.access_key, secret_key=access.secret_key, secure=False)
    client.make_bucket(bucket_name="raw")

    def put_raw() -> None:
        with file.open("rb") as data:
            client.put_object(bucket_name="raw", object_name=uuid4().hex, data=data, length=size)

    small = _small(file)
    vault.deposit(small, small.stat().st_size, hashlib.sha256(small.read_bytes()).hexdigest())
    vault.forget_peak()
    idle = vault.memory("VmRSS")
    raw, vaulted, uploaded = [], [], []
    for _ in range(rounds):
        raw.append(_rate(size, put_raw))
        vaulted.append(_rate(size, lambda: vault.deposit(file, size, sha256)))
        uploaded.append(_rate(size, lambda: vault.upload(file, size, sha256)))
    return raw, vaulted, uploaded, vault.memory("VmHWM") - idle


def _ticket(size: int, sha256: str) -> Ticket:
    return Ticket(
        action="deposit",
        version_id=uuid4(),
        request_id=uuid4(),
        dossier_id=uuid4(),
        office_id=uuid4(),
        actor_id=uuid4(),
        actor_kind="client",
        owner_id=uuid4(),
        name="bench.pdf",
        size=size,
        sha256=sha256,
    )


def _piece(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        block = file.read(min(MEBIBYTE, length))
        length -= len(block)
        yield block


def _ratios(ours: list[float], theirs: list[float]) -> str:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return f"{statistics.median(ratios):.2f}  ({', '.join(f'{ratio:.2f}' for ratio in ratios)})"


def _rate(size: int, work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return size / MEBIBYTE / (time.perf_counter() - begun)


def _spread(rates: list[float]) -> str:
    return f"{statistics.median(rates):6.1f} MiB/s  ({', '.join(f'{rate:.1f}' for rate in rates)})"


def _sample(folder: Path, mebibytes: int) -> tuple[Path, str]:
    path, digest = folder / "sample.pdf", hashlib.sha256()
    with path.open("wb") as file:
        for number in range(mebibytes):
            block = os.urandom(MEBIBYTE) if number else b"%PDF-1.7\n".ljust(MEBIBYTE)
            digest.update(block)
            file.write(block)
    return path, digest.hexdigest()


def _small(file: Path) -> Path:
    small = file.with_name("small.pdf")
    small.write_bytes(b"%PDF-1.7\n" * 100)
    return small


@contextmanager
def _vault(folder: Path, s3: SeaweedFS, stack: ExitStack) -> Iterator[VaultProcess]:
    postgres = Postgres(folder / "postgres", free_ports(1)[0], folder / "postgres.log", tied=True)
    stack.enter_context(running(postgres))
    create_database(postgres.url, "vault")
    environment = {**os.environ, **_settings(folder, postgres.database_url("vault"), s3)}
    command = [sys.executable, "-m", "vault"]
    subprocess.run([*command, "migrate"], env=environment, check=True)  # noqa: S603 - our own words
    with (
        (folder / "vault.log").open("wb") as log,
        subprocess.Popen([*command, "serve"], env=environment, stderr=log) as vault,  # noqa: S603 - our own words
    ):
        port = int(environment["VAULT_HTTP_PORT"])
        _wait(port)
        yield VaultProcess(port, vault.pid, Signer(folder / "dossier.pem", "dossier"))
        vault.terminate()


def _settings(folder: Path, database_url: str, s3: SeaweedFS) -> dict[str, str]:
    for name in ("dossier.pem", "vault.pem"):
        (folder / name).write_bytes(new_signing_key())
    trusted = [Signer(folder / "dossier.pem", "dossier").public_jwk()]
    (folder / "trust.json").write_text(json.dumps({"keys": trusted}))
    (folder / "master.key").write_text(base64.b64encode(os.urandom(32)).decode())
    for name in ("dossier.pem", "vault.pem", "master.key"):
        (folder / name).chmod(0o600)
    settings = {
        "DATABASE_URL": database_url,
        "HTTP_PORT": str(free_ports(1)[0]),
        "ENVIRONMENT": "development",
        "PUBLIC_URL": "http://127.0.0.1",
        "SIGNING_KEY_FILE": str(folder / "vault.pem"),
        "TRUST_FILE": str(folder / "trust.json"),
        "MASTER_KEY_FILE": str(folder / "master.key"),
        "S3_ENDPOINT": s3.access.endpoint,
        "S3_ACCESS_KEY": s3.access.access_key,
        "S3_SECRET_KEY": s3.access.secret_key,
        "S3_BUCKET": "vault",
        "MAX_DOCUMENT_BYTES": str(1 << 40),
    }
    return {f"VAULT_{name}": value for name, value in settings.items()}


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise TimeoutError("the vault is not ready")


if __name__ == "__main__":
    main()
