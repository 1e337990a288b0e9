"""What somebody may forge, and the check or the alarm that names it. Every case has an untouched twin that is intact.

The bundles come from the real platform, and both verifiers must say the same of each. `stores` stands for
test_tampering_stores.py (PostgreSQL, JetStream, S3), `history` for test_tampering_history.py (the log
itself), `keys` for test_tampering_keys.py (stolen keys, the
authority), `traces` for test_tampering_traces.py (what leaves traces for ever).

| case | attack | where | what names it |
|---|---|---|---|
| 1 | an event is changed in its store | stores | `event-state`; audit `state-differs` |
| 2 | an event is deleted from its store | stores | `event-state`; audit `row-missing` |
| 3 | two events are swapped, or shown in another order | stores, here | audit `entry-differs`; `leaf-order` |
| 4 | an event is inserted later with an old date | traces | alarm, `recorded-time` |
| 5 | the newest events are cut: the log is restored from a copy | history | `log-behind`, witnesses 409; `recover` |
| 6 | the history is rewritten, signed with the real keys | history | witnesses, `log-forked`, `known-checkpoint` |
| 7 | two auditors are shown different logs | history | `known-checkpoint`, `fork-evidence.json` |
| 8 | another root of the same size; a stale checkpoint | here | `known-checkpoint`, `leaf-order` |
| 9 | a token is rewritten, moved, foreign, expired, injected, replayed | keys | `timestamp` and its code; `nonce` |
| 10 | the bytes of a document are changed or exchanged in the bucket | stores | `object-bytes` |
| 11 | a document of another dossier is shown | here | `entry-scope`, `inclusion` |
| 12 | the key of the log is stolen | keys | no quorum: level 1; window of the key |
| 13 | the key of the log and that of one witness are stolen | keys | quorum of 2 not met: level 1 |
| 14 | proofs are exchanged, padded, cut; a node is shown as a leaf | here | `inclusion`, `entry-canonical` |
| 15 | JSON that can be read in two ways | here | `entry-canonical` |
| 16 | leaves are left out of the bundle of an office | here | `office-counter`, `head` |
| 17 | the relay publishes other bytes, twice, or out of order | traces | alarm `rewritten-history`; no second leaf |
| 18 | ciphertexts are exchanged between two events | stores | `event-state`; no opening |
| 19 | a kept state is changed | stores | not looked at: replay from events; `compare` |
| 20 | an erasure is to hide a fact | test_erasure.py | record `erasure` |
| 21 | an upcast changes what old events mean | here | `opening`; stored bytes, and `read_by` in exports |
| 22 | the bundle is wrapped anew, with keys and a policy of one's own | here | `checkpoint-signature`, `container` |
| 23 | clocks are set back or forward | keys | `witness-clock`; `timestamp-order`, `recorded-time` |
| 24 | somebody of the compliance reads without a trace | traces | records `access` and `export` on every route |
| 25 | the verifier is tricked | here | `container`, `checkpoint-signature` |
"""

import base64
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proof.archive import pack, unpack
from proof.bundle import Item
from proof.entry import Entry, encoded
from proof.leaf import parse_leaf
from proof.note import Key, Note, sign
from proof.policy import LogKey, Policy
from proof.reading import decode
from testkit.forging import History, StolenKeys, repacked, with_final, with_items
from testkit.insider import WHOLE, Insider


def caught(insider: Insider, forged: bytes, *checks: str, **more: Any) -> None:
    """Require that these checks find the forgery, and say so."""
    said = insider.opinion(forged, **more)
    assert set(checks) <= said.failed.keys(), (said.verdict, said.failed)
    assert said.verdict == ("malformed" if checks == ("container",) else "tampered")


def exchanged(items: tuple[Item, ...], first: int, second: int, **fields: Callable[[Item], Any]) -> list[Item]:
    """Give two items each other's fields."""
    one, two = items[first], items[second]
    changed = list(items)
    changed[first] = replace(one, **{name: of(two) for name, of in fields.items()})
    changed[second] = replace(two, **{name: of(one) for name, of in fields.items()})
    return changed


def test_case_3_events_in_another_order(insider: Insider, bundle: bytes) -> None:
    items = list(decode(bundle).items)
    items[10], items[11] = items[11], items[10]
    caught(insider, with_items(bundle, items), "leaf-order")


def test_case_3_versions_of_an_object_in_another_order(insider: Insider, bundle: bytes, keys: StolenKeys) -> None:
    """Whoever holds the key of the log can give two events each other's place; the object's versions tell."""
    opened, leaves = decode(bundle), insider.leaves()
    places: dict[str, list[int]] = {}
    for item in opened.items:
        leaf = parse_leaf(item.entry)
        if isinstance(leaf, Entry):
            places.setdefault(leaf.agg, []).append(item.index)
    first, second = next(found for found in places.values() if len(found) > 1)[:2]
    leaves[first], leaves[second] = leaves[second], leaves[first]
    history = History(leaves)
    others = {first: leaves[first], second: leaves[second]}
    forged = history.bundle(bundle, keys.sign(history.size, history.root()), others)
    caught(insider, forged, "aggregate-versions", "service-counter")


def test_case_8_another_root_of_the_same_size(insider: Insider, bundle: bytes, keys: StolenKeys) -> None:
    opened, history = decode(bundle), History(insider.leaves()[1:])
    note, size = Note.parse(opened.final), max(opened.checkpoints)
    text = note.text.splitlines()
    other = keys.sign(size, history.root())
    unsigned = Note("\n".join([*text[:2], Note.parse(other).text.splitlines()[2], ""]), note.signatures).encode()
    caught(insider, with_final(bundle, unsigned), "checkpoint-signature", "inclusion")
    caught(insider, with_final(bundle, other), "known-checkpoint", "inclusion", known=[opened.final])


def test_case_8_a_stale_checkpoint(insider: Insider, bundle: bytes) -> None:
    """An old checkpoint cannot cover what came after it; what it covers is dated by its witnesses and its token."""
    opened = decode(bundle)
    old = sorted(opened.checkpoints)[-2]
    forged = repacked(bundle, checkpoints={old: opened.checkpoints[old]}, consistency={}, tokens={})
    caught(insider, forged, "leaf-order", "inclusion")
    said = insider.opinion(bundle).said
    assert said["witnessed_at"] >= said["stamped_at"]


def test_case_11_a_document_of_another_dossier(insider: Insider, bundle: bytes) -> None:
    """With its true proof, which the log gives to anybody who may ask, it is still of another dossier."""
    foreign = insider.export(insider.another_dossier("case-11"))
    opened, size = decode(foreign), max(decode(foreign).checkpoints)
    stolen = next(item for item in decode(bundle).items if b'"type":"vault.document-stored"' in item.entry)
    said = insider.read("/proofs/inclusion", f"&index={stolen.index}&size={size}").json()
    stolen = replace(stolen, hashes=tuple(base64.b64decode(one) for one in said["hashes"]))
    others = [item for item in opened.items if item.index > stolen.index]
    mine, theirs = opened.scope.id.encode(), insider.journey.dossier.encode()
    caught(insider, with_items(foreign, [stolen, *others]), "entry-scope", "object-bytes", "head")
    renamed = replace(stolen, entry=stolen.entry.replace(theirs, mine))
    caught(insider, with_items(foreign, [renamed, *others]), "inclusion", "head")
    insider.intact(opened.scope.id)


def test_case_14_a_proof_for_another_leaf(insider: Insider, bundle: bytes) -> None:
    items = decode(bundle).items
    caught(insider, with_items(bundle, exchanged(items, 5, 6, hashes=lambda item: item.hashes)), "inclusion")
    caught(insider, with_items(bundle, exchanged(items, 5, 6, entry=lambda item: item.entry)), "inclusion")


def test_case_14_a_proof_that_is_longer_or_shorter(insider: Insider, bundle: bytes) -> None:
    first, *others = decode(bundle).items
    for hashes in (first.hashes[:-1], first.hashes[1:], (*first.hashes, first.hashes[-1]), ()):
        caught(insider, with_items(bundle, [replace(first, hashes=hashes), *others]), "inclusion")


def test_case_14_another_size_of_the_tree(insider: Insider, bundle: bytes) -> None:
    opened = decode(bundle)
    size, note = max(opened.checkpoints), Note.parse(opened.final)
    for other in (size - 1, size + 1):
        larger = Note(note.text.replace(f"\n{size}\n", f"\n{other}\n"), note.signatures).encode()
        forged = repacked(bundle, checkpoints={other: larger}, consistency={}, tokens={})
        caught(insider, forged, "checkpoint-signature", "inclusion")


def test_case_14_a_node_of_the_tree_as_a_leaf(insider: Insider, bundle: bytes) -> None:
    """Two leaves in one: the path from the node above them up is a good one, if leaves were hashed as nodes are."""
    history = History(insider.leaves()[: max(decode(bundle).checkpoints)])
    first, *others = decode(bundle).items
    inner = history.node(0, first.index - first.index % 2) + history.node(0, first.index - first.index % 2 + 1)
    forged = replace(first, entry=inner, hashes=first.hashes[1:])
    caught(insider, with_items(bundle, [forged, *others]), "inclusion", "entry-canonical")


@pytest.mark.parametrize("reading", ["a name twice", "another order", "a blank", "an escape"])
def test_case_15_json_that_can_be_read_in_two_ways(
    insider: Insider, bundle: bytes, keys: StolenKeys, reading: str
) -> None:
    """Even in a tree that was signed."""
    leaves, item = insider.leaves(), decode(bundle).items[3]
    entry = item.entry
    other = {
        "a name twice": entry.replace(b'"actor":', b'"actor":null,"actor":', 1),
        "another order": b'{"v":1,' + entry[1:].replace(b',"v":1}', b"}"),
        "a blank": entry.replace(b":", b": ", 1),
        "an escape": entry.replace(b'"actor"', b'"\\u0061ctor"', 1),
    }[reading]
    leaves[item.index] = other
    history = History(leaves)
    forged = history.bundle(bundle, keys.sign(history.size, history.root()), {item.index: other})
    said = insider.opinion(forged)
    assert said.failed["entry-canonical"] == [str(item.index)]
    assert "inclusion" not in said.failed


def test_case_16_leaves_left_out_of_the_bundle_of_an_office(insider: Insider) -> None:
    office = insider.office()
    insider.read(f"/offices/{office}/bundle")  # leaves an earlier head
    whole = insider.read(f"/offices/{office}/bundle").content
    said = insider.opinion(whole, level=WHOLE)
    assert (said.verdict, said.failed) == ("intact", {})
    items = list(decode(whole).items)
    head, place = items[-1], len(items) // 2
    assert b'"kind":"head"' in head.entry
    caught(insider, with_items(whole, items[:place] + items[place + 1 :]), "office-counter", "head")
    caught(insider, with_items(whole, items[1:]), "office-counter")
    for cut in (1, 2, 7):
        caught(insider, with_items(whole, [*items[: -cut - 1], head]), "head")
    heads = [b'"kind":"head"' in item.entry and b'"dossier":null' in item.entry for item in items]
    earlier = [number for number, is_one in enumerate(heads) if is_one][-2]
    caught(insider, with_items(whole, items[: earlier + 2]), "head")


def test_case_21_an_upcast_that_changes_what_old_events_mean(insider: Insider, bundle: bytes) -> None:
    """What a service makes of its stored bytes today must be what was committed to then."""
    items = list(decode(bundle).items)
    place = next(place for place, item in enumerate(items) if b'"type":"dossier.document-refused"' in item.entry)
    opening, number = items[place].opening, insider.numbers("dossier.document-refused")[0]
    assert opening is not None
    payload = opening.payload | {"data": opening.data | {"reason": "Le document manque de signature."}}
    items[place] = replace(items[place], opening=replace(opening, payload=payload))
    caught(insider, with_items(bundle, items), "opening")
    with insider.platform.database("dossier") as connection:
        query = b"SELECT state FROM ledger.stored_events WHERE notification_id = %s"
        assert connection.execute(query, [number]).fetchone() == (items[place].state,)


def test_case_22_a_bundle_that_is_wrapped_anew_with_keys_of_ones_own(insider: Insider, bundle: bytes) -> None:
    """Everything in it agrees, and the policy that lies in it agrees too: the one that came another way does not."""
    own, origin = Ed25519PrivateKey.generate(), Policy.parse(insider.policy).origin
    leaves = insider.leaves()
    victim = next(item for item in decode(bundle).items if b'"type":"dossier.document-refused"' in item.entry)
    other = victim.entry.replace(b"document-refused", b"document-validated")
    leaves[victim.index] = other
    history = History(leaves)
    note = sign(f"{origin}\n{history.size}\n{encoded(history.root())}\n", origin, own).encode()
    forged = history.bundle(repacked(bundle, items=_without_openings(bundle)), note, {victim.index: other})
    mine = Policy(origin, (LogKey(Key.of(origin, own)),)).encode()
    assert insider.opinion(forged, policy=mine).failed.keys() == {"office-chain", "head"}  # what a better forger mends
    caught(insider, forged, "checkpoint-signature")
    caught(insider, pack(dict(unpack(forged).files) | {"policy.json": mine}), "container")


def _without_openings(bundle: bytes) -> tuple[Item, ...]:
    return tuple(replace(item, opening=None) for item in decode(bundle).items)


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return written.getvalue()


def test_case_25_an_archive_that_expands_or_leaves_its_folder(insider: Insider, bundle: bytes) -> None:
    files = dict(unpack(bundle).files)
    bomb = zipped(files | {"states.bin": bytes(200 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1 << 20
    caught(insider, bomb, "container")
    for name in ("../../etc/cron.d/root", "/etc/passwd", "checkpoints/../../x", "proofs\\x", "C:x", "a\0b"):
        caught(insider, zipped(files | {name: b"x"}), "container")
        caught(insider, bundle.replace(b"README.fr.txt", name.encode().ljust(13, b"x")[:13]), "container")


def test_case_25_more_of_everything_than_there_may_be(insider: Insider, bundle: bytes) -> None:
    opened = decode(bundle)
    first, *others = opened.items
    caught(insider, with_items(bundle, [replace(first, hashes=(bytes(32),) * 65), *others]), "container")
    note = Note.parse(opened.final)
    for lines in (17, 1000):
        many = Note(note.text, (*note.signatures, *[note.signatures[0]] * lines)).encode()
        files = dict(unpack(bundle).files) | {f"checkpoints/{max(opened.checkpoints)}.note": many}
        caught(insider, pack(files), "container")
    token = next(iter(opened.tokens.values()))
    files = {f"tokens/{max(opened.checkpoints)}-{number}.tsr": token for number in range(20)}
    caught(insider, pack(dict(unpack(bundle).files) | files), "container")
    deep = b'{"hashes":' + b"[" * 100_000 + b"]" * 100_000 + b',"index":1}\n'
    caught(insider, pack(dict(unpack(bundle).files) | {"proofs.jsonl": deep}), "container")


def test_case_25_an_origin_that_only_looks_the_same(insider: Insider, bundle: bytes) -> None:
    """The second letter is Cyrillic; its owner has a key of that name."""
    own, origin = Ed25519PrivateKey.generate(), Policy.parse(insider.policy).origin
    alike = origin.replace("o", "\u043e", 1)
    assert (alike != origin, len(alike)) == (True, len(origin))
    text = Note.parse(decode(bundle).final).text.replace(origin, alike)
    caught(insider, with_final(bundle, sign(text, alike, own).encode()), "checkpoint-signature")
