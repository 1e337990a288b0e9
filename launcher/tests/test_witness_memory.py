"""A witness never contradicts what it said before, whatever happens to its process, its files and its clock."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

import httpx
import pytest
from launcher.errors import StackError
from launcher.verbs.witness import EXAMPLE
from launcher.witness import keys
from launcher.witness.config import Config
from launcher.witness.memory import Forgetful, Memory
from launcher.witness.submission import ClockBehind
from launcher.witness.witness import Witness
from proof.cosignature import Cosigner, cosignatures
from proof.note import Key, Note

if TYPE_CHECKING:
    from conftest import Log, Operator


def post(client: httpx.Client, body: bytes) -> httpx.Response:
    return client.post("/add-checkpoint", content=body)


def test_of_several_histories_sent_at_once_one_wins(operator: "Operator", log: "Log") -> None:
    """Two processes share the database, which asks more of it than requests to one of them."""
    files = [operator.write() for _ in range(2)]
    operator.scelle("key", "--config", files[0])
    barrier, winner = Barrier(4), log
    with (
        operator.serving(files[0]) as (_, (one,)),
        operator.serving(files[1]) as (_, (two,)),
        ThreadPoolExecutor(4) as pool,
    ):

        def race(client: httpx.Client, body: bytes) -> int:
            barrier.wait(30)
            return post(client, body).status_code

        assert post(one, log.body(0, 20)).status_code == 200
        for _ in range(40):
            size = len(winner.entries)
            heirs = [winner.fork(size, *[b"heir %d" % number] * (number + 1)) for number in range(4)]
            bodies = [heir.body(size, len(heir.entries)) for heir in heirs]
            found = list(pool.map(race, [one, two, one, two], bodies))
            assert sorted(found) == [200, 409, 409, 409]
            winner = heirs[found.index(200)]
        assert post(two, winner.body(0, 20)).text == f"{len(winner.entries)}\n"


def test_a_killed_witness_remembers_what_it_cosigned(operator: "Operator", log: "Log") -> None:
    file = operator.write()
    vkey = operator.scelle("key", "--config", file).stdout.strip()
    log.grow(*[b"%d" % number for number in range(20, 2000)])
    size, said = 0, Note("", ())
    for wanted in (200, 400, 600):
        with operator.serving(file) as (process, (http,)), ThreadPoolExecutor(1) as pool:
            if size:
                held = int(post(http, log.body(0, 1)).text)
                assert size <= held <= size + 1  # one that was remembered may have been answered to nobody
                fork = log.fork(held - 1, b"another", b"more")
                assert post(http, fork.body(held, held)).status_code == 422
                assert post(http, fork.body(held, held + 1)).status_code == 422
                assert post(http, log.body(size - 1, size)).status_code == 409
                answer = post(http, log.body(held, held))
                (again,) = cosignatures(_with(log, held, answer), [Cosigner.parse(vkey)])
                (before,) = cosignatures(said, [Cosigner.parse(vkey)])
                assert again.at >= before.at
                size = held
            while size < wanted:
                answer = post(http, log.body(size, size + 1))
                assert answer.status_code == 200
                size += 1
                said = _with(log, size, answer)
            under_way = pool.submit(post, http, log.body(size, size + 1))
            process.popen.kill()
            if (error := under_way.exception(20)) is None and under_way.result().status_code == 200:
                size, said = size + 1, _with(log, size + 1, under_way.result())
            assert error is None or isinstance(error, httpx.TransportError)


def _with(log: "Log", size: int, answer: httpx.Response) -> Note:
    return Note.parse(log.note(size).encode() + answer.content)


@pytest.fixture
def config(operator: "Operator") -> Config:
    config = Config.load(operator.write(mldsa_key_file="mldsa.pem"))
    keys.make_missing(config)
    return config


def test_nothing_is_cosigned_at_a_time_before_what_was_said(config: Config, log: "Log") -> None:
    now = 1_800_000_000.9
    logs = {followed.origin: followed.keys() for followed in config.logs}
    witness = Witness(config.name, keys.read(config), logs, Memory(config.database), lambda: now)
    (first,) = witness.cosign([log.body(0, 3)])
    now -= 1
    (early,) = witness.cosign([log.body(3, 7)])
    now += 1
    (late,) = witness.cosign([log.body(3, 7)])
    assert [type(answer) for answer in (first, early, late)] == [bytes, ClockBehind, bytes]
    witness.close()


def test_a_checkpoint_that_cannot_be_remembered_is_not_cosigned(operator: "Operator", log: "Log") -> None:
    file = operator.write()
    operator.scelle("key", "--config", file)
    with operator.serving(file) as (_, (http,)):
        assert post(http, log.body(0, 3)).status_code == 200
        database = sqlite3.connect(operator.folder / "witness.db")
        database.execute("CREATE TRIGGER full BEFORE INSERT ON log BEGIN SELECT raise(ABORT, 'disk full'); END")
        database.commit()
        refused = post(http, log.body(3, 7))
        assert (refused.status_code, "witness.example" in refused.text) == (503, False)
        database.execute("DROP TRIGGER full")
        database.commit()
        database.close()
        assert post(http, log.body(3, 7)).status_code == 200


def test_a_witness_without_its_memory_does_not_serve(operator: "Operator") -> None:
    file = operator.write()
    operator.scelle("key", "--config", file)
    (operator.folder / "witness.db").unlink()
    assert operator.scelle("key", "--config", file).returncode == 0
    with pytest.raises(Forgetful, match="restore it"):
        Witness.of(Config.load(file))
    served = operator.scelle("serve", "--config", file)
    assert (served.returncode, "does not know what it has cosigned" in served.stderr) == (1, True)


def test_keys_are_made_once_for_their_owner_only(operator: "Operator") -> None:
    file = operator.write(mldsa_key_file="mldsa.pem")
    first, second = (operator.scelle("key", "--config", file).stdout for _ in range(2))
    assert first == second
    assert [Cosigner.parse(vkey).type for vkey in first.splitlines()] == [4, 6]
    made = [operator.folder / name for name in ("ed25519.pem", "mldsa.pem", "witness.db")]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o600] * 3


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "ed25519.pem").chmod(0o640), "chmod 600"),
        (lambda folder: (folder / "ed25519.pem").unlink(), "scelle witness key"),
        (lambda folder: (folder / "mldsa.pem").write_bytes((folder / "ed25519.pem").read_bytes()), "MLDSA44"),
        (lambda folder: (folder / "mldsa.pem").write_text("no key"), r"mldsa\.pem"),
        (lambda folder: (folder / "witness.db").write_text("no database" * 100), "not the database of a witness"),
    ],
)
def test_files_that_are_not_right_are_named(config: Config, spoil: object, said: str) -> None:
    assert callable(spoil)
    spoil(config.database.parent)
    with pytest.raises(StackError, match=said):
        Witness.of(config)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("listen = '127.0.0.1'", "listen"),
        ("name = 'a b'", "name"),
        ("colour = 'red'", "colour"),
        ("[[logs]]\norigin = 'log.example/0'\nvkeys = ['log.example+00000000+AAAA']", "vkeys"),
        ("[[logs]]\norigin = 'log.example/0'\nvkeys = []", "vkeys"),
        ('[[logs]]\norigin = "two\\nlines"\nvkeys = []', "origin"),
        ("[[logs]]\norigin = 'a.b'\nvkeys = [VKEY]\n[[logs]]\norigin = 'a.b'\nvkeys = [VKEY]", "twice"),
        ("= nothing", "line 1"),
    ],
)
def test_a_configuration_that_is_wrong_is_refused_with_the_field(
    tmp_path: Path, log: "Log", line: str, said: str
) -> None:
    line = line.replace("VKEY", f"'{Key.of(log.origin, log.key).vkey}'")
    file = tmp_path / "witness.toml"
    whole = {"name": "name = 'w.example'", "key_file": "key_file = 'k'", "database": "database = 'd'"}
    whole |= {"listen": "listen = '127.0.0.1:7380'", "logs": "logs = []"}
    rest = [text for name, text in whole.items() if name not in line]
    file.write_text("\n".join([*rest, line] if line.startswith("[") else [line, *rest]))
    with pytest.raises(StackError, match=said):
        Config.load(file)


def test_the_example_of_the_help_is_a_configuration(tmp_path: Path) -> None:
    file = tmp_path / "witness.toml"
    file.write_text(EXAMPLE)
    config = Config.load(file)
    assert (config.port, config.database) == (7380, tmp_path / "witness.db")
    assert len(config.logs[0].keys()) == 1


def test_two_witnesses_never_share_what_is_their_own(operator: "Operator") -> None:
    files = [operator.write(), operator.write()]
    operator.scelle("key", "--config", files[0])
    served = operator.scelle("serve", "--config", files[0], "--config", files[1])
    assert (served.returncode, "the same database" in served.stderr) == (1, True)


def test_one_process_serves_several_witnesses(operator: "Operator", log: "Log") -> None:
    files = [operator.write(name=f"{n}.example", key_file=f"{n}.pem", database=f"{n}.db") for n in "ab"]
    cosigners = [Cosigner.parse(operator.scelle("key", "--config", file).stdout.strip()) for file in files]
    with operator.serving(*files) as (process, clients):
        lines = [post(client, log.body(0, 20)).content for client in clients]
        assert len(cosignatures(Note.parse(log.note(20).encode() + b"".join(lines)), cosigners)) == 2
        process.popen.terminate()
        assert process.popen.wait(20) == 0
