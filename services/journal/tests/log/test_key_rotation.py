"""The keys of the log are changed while it grows: what each verifier sees before, between and after."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from journal.log.checkpoints import Checkpoints, ForkRefused, LogSigner
from journal.log.database import Database
from journal.log.intake import Intake
from journal.log.keys import record_keys
from journal.log.policies import Policies
from journal.log.records import Records
from launcher.journey.world import until
from proof.cosignature import Cosigner
from proof.note import Key, Note
from proof.policy import LogKey, Policy
from proof.signing import signers

if TYPE_CHECKING:
    from conftest import Audit, Service

ORIGIN = "journal.example/test"
Private = Ed25519PrivateKey | MLDSA44PrivateKey


def pem(key: Private) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public(key: Private) -> Key | Cosigner:
    return Key.of(ORIGIN, key) if isinstance(key, Ed25519PrivateKey) else Cosigner.of(ORIGIN, key)


@dataclass
class KeyFolder:
    """The two key files of a log, and what its operator writes into them."""

    folder: Path

    def write(self, first: list[Private], second: list[Private], former: list[Private] | None = None) -> None:
        said = "".join(f"former {public(key).vkey}\n" for key in former or [])
        (self.folder / "log.pem").write_text(said + "".join(map(pem, first)))
        (self.folder / "log-mldsa.pem").write_text("".join(map(pem, second)))

    def signer(self) -> LogSigner:
        """Open them as another process would."""
        return LogSigner(ORIGIN, self.folder / "log.pem", self.folder / "log-mldsa.pem")


@pytest.fixture
def files(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path)


def pair() -> tuple[Ed25519PrivateKey, MLDSA44PrivateKey]:
    return Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate()


def who(note: bytes, *keys: Private) -> list[Key | Cosigner]:
    return signers(Note.parse(note), map(public, keys))


def test_the_key_before_signs_the_leaf_that_names_the_next_and_then_both_sign_until_one_is_given_up(
    files: KeyFolder, new_service: "type[Service]", database: Database, audit: "Audit"
) -> None:
    (old, old_second), (new, new_second) = pair(), pair()
    service, records, intake = new_service(), Records(database), Intake(database)

    def grown(signer: LogSigner) -> bytes:
        """Take one event in, and sign what the log holds; return the note."""
        intake.receive(service.messages(1))
        sealed = Checkpoints(database, signer).seal()
        assert sealed
        return sealed.note

    files.write([old], [old_second])
    record_keys(records, files.signer().keys)
    before = grown(files.signer())
    files.write([old, new], [old_second, new_second])
    record_keys(records, files.signer().keys)
    naming, between = grown(files.signer()), grown(files.signer())
    files.write([new], [new_second], former=[old, old_second])
    record_keys(records, files.signer().keys)
    after = grown(files.signer())

    everybody = (old, new, old_second, new_second)
    expected = [[old, old_second], [old, old_second], [old, new, old_second, new_second], [new, new_second]]
    for note, keys in zip((before, naming, between, after), expected, strict=True):
        assert who(note, *everybody) == [public(key) for key in keys]
    vkeys = [public(key).vkey for key in everybody]
    assert [(leaf.body["vkeys"], leaf.body["retired"]) for leaf in audit.of_kind(database, "key")] == [
        ([vkeys[0], vkeys[2]], []),
        (vkeys, []),
        ([vkeys[1], vkeys[3]], [vkeys[0], vkeys[2]]),
    ]
    audit(database)


def test_the_policy_names_former_keys_and_follows_the_files(files: KeyFolder) -> None:
    (old, old_second), (new, new_second) = pair(), pair()
    files.write([old], [old_second])
    policies = Policies(files.signer())
    assert policies() == Policy(ORIGIN, (LogKey(public(old)), LogKey(public(old_second))))
    assert policies() is policies()
    files.write([new], [new_second], former=[old, old_second])
    again = Policies(files.signer())()
    assert [item.key for item in again.log_keys] == [public(key) for key in (old, new, old_second, new_second)]
    assert Policy.parse(again.encode()) == again


def test_a_running_signer_sees_new_keys_without_a_restart(files: KeyFolder) -> None:
    (old, old_second), (new, new_second) = pair(), pair()
    files.write([old], [old_second])
    signer = files.signer()
    files.write([old, new], [old_second, new_second])
    until(lambda: len(signer.keys) == 4, "the new keys to be seen")


def test_a_new_log_signs_with_all_its_keys_and_a_key_that_replaced_a_lost_one_signs_at_once(
    files: KeyFolder, new_service: "type[Service]", database: Database
) -> None:
    (old, second), (new, _) = pair(), pair()
    service, records, intake = new_service(), Records(database), Intake(database)
    files.write([old], [second])
    intake.receive(service.messages(1))
    sealed = Checkpoints(database, files.signer()).seal()
    assert sealed
    assert who(sealed.note, old, second) == [public(old), public(second)]
    record_keys(records, files.signer().keys)
    Checkpoints(database, files.signer()).seal()
    files.write([new], [second])
    record_keys(records, files.signer().keys)
    sealed = Checkpoints(database, files.signer()).seal()
    assert sealed
    assert who(sealed.note, old, new, second) == [public(new), public(second)]


def test_a_state_signed_by_a_former_key_is_still_the_logs_own(files: KeyFolder) -> None:
    (old, second), (new, _) = pair(), pair()
    files.write([old], [second])
    note = files.signer().sign(0, bytes(32))
    files.write([new], [second])
    files.signer().read(note)  # ML-DSA-44 is the same
    files.write([new], [MLDSA44PrivateKey.generate()])
    with pytest.raises(ForkRefused):
        files.signer().read(note)
    files.write([new], [MLDSA44PrivateKey.generate()], former=[old])
    assert files.signer().read(note).size == 0


@pytest.mark.parametrize("text", ["", "former x\n", "{pem}words\n", "former\n{pem}", "former x+y+z\n{pem}"])
def test_a_key_file_that_can_be_misread_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.pem"
    path.write_text(text.format(pem=pem(Ed25519PrivateKey.generate())))
    with pytest.raises(ValueError, match=r"holds lines|not base64"):
        LogSigner(ORIGIN, path)
