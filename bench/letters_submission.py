"""The AR24 adapter against a bare `httpx` loop of the same calls, both against the simulator, in the same run.

    .venv/bin/python bench/letters_submission.py [--letters 1000] [--polled 10000] [--rounds 3]

Submission: one uploaded file, then `POST /mail` for each letter with one grant, four at a time. The bare loop sends the
same forms, dated and signed, four at a time too, and reads each answer without decrypting or understanding it.
Poll: every letter is read once, fifty per call; the bare loop makes the same calls. The simulator does most of the
work in all of them, and other work on the machine moves the rates: the processor time that this process spends on a
letter is told too, which neither hides.
"""

import argparse
import base64
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from launcher.ports import free_ports
from lre_gateway.adapters.ar24.client import Access, Ar24Client
from lre_gateway.adapters.ar24.dates import paris
from lre_gateway.adapters.ar24.provider import Ar24
from lre_gateway.application.provider import Addressee, Grant, Order
from lre_gateway.domain.vocabulary import Kind, Level
from sandbox.running import running

TOKEN, PRIVATE_KEY = "bench-token", "bench-private-key"  # what opens a sandbox is no secret
CONCURRENCY, PER_CALL = 4, 50
PDF = b"%PDF-1.4\n" + b"0" * 100_000


def now() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


def signature(date: str) -> str:
    """Sign a date, written out as a script would."""
    key = sha256(PRIVATE_KEY.encode()).hexdigest()
    padder = PKCS7(128).padder()
    padded = padder.update(date.encode()) + padder.finalize()
    iv = sha256(key.encode()).hexdigest()[:16]
    cipher = Cipher(AES(key[:32].encode()), CBC(iv.encode())).encryptor()
    return base64.b64encode(cipher.update(padded) + cipher.finalize()).decode()


@dataclass(frozen=True)
class Bench:
    """A sender with one uploaded file, and the two ways to send for them."""

    url: str
    provider: Ar24
    http: httpx.Client
    grant: Grant
    order: Order

    def adapter(self, _number: int) -> str:
        """Submit a letter through the adapter."""
        return self.provider.submit(replace(self.order, reference=str(uuid4())), self.grant).ref

    def bare(self, _number: int) -> None:
        """Send the form of a letter."""
        date = paris(now())
        form = {
            "id_user": self.order.sender_account,
            "eidas": "1",
            "to_lastname": self.order.recipient.last_name,
            "to_firstname": self.order.recipient.first_name,
            "to_email": self.order.recipient.email,
            "dest_statut": "particulier",
            "content": self.order.text,
            "ref_client": str(uuid4()),
            "auth_otp_hash": self.grant.secret,
            "attachment[0]": self.order.documents[0].id,
            "token": TOKEN,
            "date": date,
        }
        answer = self.http.post(f"{self.url}/mail", data=form, headers={"signature": signature(date)})
        assert answer.status_code == httpx.codes.OK
        assert not answer.content.startswith(b"{"), answer.text

    def adapter_poll(self, refs: list[str]) -> int:
        """Read every letter through the adapter."""
        return len(self.provider.get_many(refs))

    def bare_poll(self, refs: list[str]) -> int:
        """Make the calls of a poll."""
        for first in range(0, len(refs), PER_CALL):
            date = paris(now())
            numbers = {f"mail[{n}]": ref for n, ref in enumerate(refs[first : first + PER_CALL])}
            fields = {**numbers, "token": TOKEN, "date": date}
            answer = self.http.get(f"{self.url}/user/mail", params=fields, headers={"signature": signature(date)})
            assert not answer.content.startswith(b"{"), answer.text
        return len(refs)


@dataclass(frozen=True)
class Run:
    """Letters per second, and milliseconds of this process' processor time for each."""

    rate: float
    cpu: float


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--polled", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    with _bench() as bench, ThreadPoolExecutor(CONCURRENCY) as four:
        refs: list[str] = []
        share = asked.letters // asked.rounds
        pairs = []
        for _ in range(asked.rounds):
            bare = measured(share, lambda: list(four.map(bench.bare, range(share))))
            pairs.append((measured(share, lambda: refs.extend(four.map(bench.adapter, range(share)))), bare))
        told(f"{share * asked.rounds} letters submitted, four at a time", "adapter", pairs)
        refs.extend(four.map(bench.adapter, range(asked.polled - len(refs))))
        pairs = []
        for _ in range(asked.rounds):
            bare = measured(len(refs), lambda: bench.bare_poll(refs))
            pairs.append((measured(len(refs), lambda: bench.adapter_poll(refs)), bare))
        told(f"{len(refs)} letters polled in one cycle", "adapter", pairs)
        print(f"  a cycle of {len(refs)} takes {len(refs) / statistics.median(ours.rate for ours, _ in pairs):.1f} s")


@contextmanager
def _bench() -> Iterator[Bench]:
    port, admin_port = free_ports(2)
    access = Access(base_url=f"http://127.0.0.1:{port}/api", token=TOKEN, private_key=PRIVATE_KEY)
    with (
        tempfile.TemporaryDirectory() as folder,
        running("ar24", port, admin_port, token=TOKEN, private_key=PRIVATE_KEY, folder=str(Path(folder))),
        httpx.Client(base_url=f"http://127.0.0.1:{admin_port}/__sandbox__", trust_env=False) as admin,
        httpx.Client(trust_env=False, timeout=60) as http,
    ):
        sender = admin.post("/senders", json={"email": "bench@example.fr"}).json()
        # letters stay where they are, so that every poll reads the same
        admin.put("/assumptions", json={"send_delay_s": 86_400}).raise_for_status()
        client = Ar24Client(access, now)
        provider = Ar24(client, now)
        account = str(sender["id"])
        code: dict[str, Any] = admin.get(f"/senders/{account}/otp").json()
        yield Bench(
            access.base_url, provider, http, provider.authenticate(account, code["code"]), _order(provider, account)
        )
        client.close()


def _order(provider: Ar24, account: str) -> Order:
    recipient = Addressee(kind=Kind.INDIVIDUAL, last_name="Martin", first_name="Zoé", email="never@example.fr")
    return Order(
        reference="",
        level=Level.QUALIFIED_LRE,
        sender_account=account,
        recipient=recipient,
        text="Veuillez trouver l'acte ci-joint.",
        documents=(provider.upload(account, "acte.pdf", "application/pdf", PDF),),
    )


def measured(count: int, work: Callable[[], object]) -> Run:
    """Do some work on as many letters; return how that went."""
    begun, spent = time.perf_counter(), time.process_time()
    work()
    return Run(count / (time.perf_counter() - begun), (time.process_time() - spent) * 1000 / count)


def told(what: str, who: str, pairs: list[tuple[Run, Run]]) -> None:
    """Print the medians of some rounds, each of ours beside the bare loop's."""
    ours, bare = zip(*pairs, strict=True)
    ratios = [mine.rate / theirs.rate for mine, theirs in pairs]
    print(what)
    for name, runs in ((who, ours), ("bare httpx", bare)):
        rate, cpu = statistics.median(run.rate for run in runs), statistics.median(run.cpu for run in runs)
        print(f"  {name:10} {rate:6.0f} letters/s, {cpu:.2f} ms of processor time each")
    print(f"  ratio      {statistics.median(ratios):6.2f}  ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")


if __name__ == "__main__":
    main()
