"""What an enemy, a broken disk or another program may do to a bundle, at every level; each takes chance and a thing."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from random import Random
from typing import Any
from zlib import crc32

from proof.archive import ArchiveMalformed, pack
from proof.bundle import Bundle, Observation, Opening
from proof.canonical import NotCanonical, canonical
from proof.entry import encoded
from worlds import Shown

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    7,
    2**53 - 1,
    "",
    "x",
    "É\u2028",
    [],
    ["a"],
    {},
    {"a": 1},
    "a" * 250,
    encoded(b"h" * 32),
]
SPELLINGS = [
    b" ",
    b"\n",
    b"-0",
    b"1.0",
    b"1e3",
    b"NaN",
    b"9007199254740993",
    b'"\\u0041"',
    b'"\\ud800"',
    b"[" * 40,
    b"\xff",
]


def poked(rng: Random, value: Any) -> Any:
    """Change one thing somewhere in a JSON value."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        return _poked_object(rng, value)
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        again = rng.choice([[], [value[place]], [value[place]] * 2])
        inside = [poked(rng, value[place])] if rng.random() < 0.7 else []
        return [*value[:place], *again[1:], *inside, *value[place + 1 :]]
    if type(value) is int and rng.random() < 0.6:
        return value + rng.choice([-1, 1, 2, 10**6])
    if isinstance(value, str) and value and rng.random() < 0.6:
        place = rng.randrange(len(value))
        return value[:place] + rng.choice("0aZ+/=é ") + value[place + 1 :]
    return rng.choice(ODD)


def _poked_object(rng: Random, value: dict[str, Any]) -> dict[str, Any]:
    key, chance = rng.choice(list(value)), rng.random()
    if chance < 0.15:
        return {name: item for name, item in value.items() if name != key}
    if chance < 0.25:
        return value | {rng.choice(["zz", "a", "Z", "né"]): rng.choice(ODD)}
    return value | {key: poked(rng, value[key])}


def spelt(rng: Random, value: Any) -> bytes:
    """Write a JSON value, canonically if it can be."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") if rng.random() < 0.9 else json.dumps(value).encode()


def respelt(rng: Random, data: bytes) -> bytes:
    """Spell canonical JSON otherwise, perhaps as another value, perhaps as none."""
    choice, place = rng.randrange(4), rng.randrange(len(data) + 1)
    if choice == 0 and data.startswith(b"{") and b":" in data:
        first = data[1 : data.index(b":")]
        return b"{" + first + b":null," + data[1:]
    if choice == 1 and b"\n" not in data:
        return json.dumps(json.loads(data), ensure_ascii=True, separators=(",", ":")).encode()
    if choice == 2:
        return data.replace(b":", b":" + rng.choice(SPELLINGS), 1)
    return data[:place] + rng.choice(SPELLINGS) + data[place:]


def bytes_changed(rng: Random, data: bytes) -> bytes:
    """Flip, replace, insert, cut or repeat bytes."""
    place, choice = rng.randrange(len(data) + 1), rng.randrange(6)
    end = min(len(data), place + rng.randint(1, 8))
    if choice == 0 and place < len(data):
        return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
    if choice == 1:
        return data[:place] + rng.randbytes(end - place) + data[end:]
    if choice == 2:
        return data[:place] + data[end:]
    if choice == 3:
        return data[:place] + data[place:end] * 2 + data[end:]
    return data[:place] if choice == 4 else data + rng.randbytes(rng.randint(1, 4))


# ---- the log itself: everything above it is made again, and signed


def leaves(rng: Random, log: list[Shown]) -> list[Shown]:
    place, choice = rng.randrange(len(log)), rng.randrange(8)
    leaf = log[place]
    if choice == 0 and len(log) > 1:
        return [*log[:place], *log[place + 1 :]]
    if choice == 1:
        other = rng.randrange(len(log))
        changed = list(log)
        changed[place], changed[other] = log[other], log[place]
        return changed
    if choice == 2:
        return [*log[: place + 1], leaf, *log[place + 1 :]]
    said = json.loads(leaf.entry)
    if choice == 3:
        said["recorded_at"] = rng.choice(["2026-03-09T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z", "2026-03-01"])
    elif choice == 4 and "body" in said:
        said["body"] = poked(rng, said["body"])
    elif choice == 5:
        counter = rng.choice(["store_seq", "agg_ver", "office_seq"])
        said[counter] = (said.get(counter) or 0) + rng.choice([-1, 1])
    else:
        said = poked(rng, said)
    entry = respelt(rng, leaf.entry) if rng.random() < 0.15 else spelt(rng, said)
    return [*log[:place], replace(leaf, entry=entry[:65_535]), *log[place + 1 :]]


# ---- what is exported: proofs, states, openings, observations


def shown(rng: Random, bundle: Bundle) -> Bundle:
    items, place, choice = list(bundle.items), rng.randrange(len(bundle.items)), rng.randrange(10)
    item = items[place]
    if choice == 0:
        del items[place]
    elif choice == 1:
        other = rng.randrange(len(items))
        items[place], items[other] = items[other], items[place]
    elif choice == 2:
        items[place] = replace(item, index=max(0, item.index + rng.choice([-1, 1, 40])))
    elif choice == 3:
        hashes = [rng.randbytes(32), *item.hashes][: rng.randint(0, len(item.hashes) + 1)]
        items[place] = replace(item, hashes=tuple(hashes))
    elif choice == 4:
        items[place] = replace(item, state=item.state + b"x" if rng.random() < 0.7 else b"")
    elif choice == 5:
        payload = poked(rng, item.opening.payload) if item.opening else {"data": {"sha256": "ab" * 32}}
        payload = payload if _can_be_written(payload) else {}
        salt = item.opening.salt if item.opening and rng.random() < 0.7 else rng.randbytes(32)
        items[place] = replace(item, opening=Opening(payload if isinstance(payload, dict) else {}, salt))
    elif choice == 6:
        ver = rng.choice(["stray", *(seen.ver for seen in bundle.observations)])
        return replace(bundle, observations=(*bundle.observations, Observation(ver, rng.choice([None, "x"]))))
    elif choice == 7:
        return replace(bundle, observations=bundle.observations[1:])
    elif choice == 8:
        return _grown_otherwise(rng, bundle)
    else:
        return replace(bundle, scope=replace(bundle.scope, kind=rng.choice(["dossier", "office", "aggregate"])))
    return replace(bundle, items=tuple(items))


def _can_be_written(payload: Any) -> bool:
    try:
        return bool(canonical(payload))
    except NotCanonical:
        return False


def _grown_otherwise(rng: Random, bundle: Bundle) -> Bundle:
    growth = dict(bundle.consistency) or {(1, max(bundle.checkpoints)): ()}
    pair = rng.choice(list(growth))
    choice = rng.randrange(3)
    if choice == 0:
        del growth[pair]
    elif choice == 1:
        growth[pair] = (rng.randbytes(32), *growth[pair][1:])
    else:
        growth[pair[0] + 1, pair[1]] = growth[pair]
    return replace(bundle, consistency=growth)


# ---- notes


def note(rng: Random, data: bytes) -> bytes:
    text, _, tail = data.partition(b"\n\n")
    lines = tail.split(b"\n")[:-1]
    line, choice = rng.randrange(len(lines)), rng.randrange(9)
    if choice == 0:
        del lines[line]
    elif choice == 1:
        lines.insert(rng.randrange(len(lines) + 1), lines[line])
    elif choice == 2:
        lines = lines[::-1]
    elif choice == 3:
        head, _, value = lines[line].rpartition(b" ")
        place = rng.randrange(6, len(value) - 2)
        lines[line] = head + b" " + value[:place] + rng.choice([b"A", b"B"]) + value[place + 1 :]
    elif choice == 4:
        stranger = f"— someone.example {encoded(rng.randbytes(72))}".encode()
        lines += [stranger] * rng.choice([1, 16])
    elif choice == 5:
        said = text.split(b"\n")
        said[0] = rng.choice([b"journal.example/other", said[0] + b" ", b""])
        text = b"\n".join(said)
    elif choice == 6:
        said = text.split(b"\n")
        said[2] = encoded(rng.randbytes(32)).encode()
        text = b"\n".join(said)
    elif choice == 7:
        text += b"\nextension"
    else:
        return bytes_changed(rng, data)
    return text + b"\n\n" + b"".join(one + b"\n" for one in lines)


# ---- files and the archive


def repaired(files: dict[str, bytes]) -> dict[str, bytes]:
    """Say in the manifest what the files are now."""
    try:
        manifest = json.loads(files["manifest.json"])
        others = {name: data for name, data in files.items() if name != "manifest.json"}
        manifest["files"] = [
            {"name": name, "sha256": sha256(data).hexdigest()} for name, data in sorted(others.items())
        ]
        return files | {"manifest.json": canonical(manifest)}
    except (ValueError, KeyError, TypeError):
        return files


def files(rng: Random, given: dict[str, bytes]) -> dict[str, bytes]:
    changed, name, choice = dict(given), rng.choice(sorted(given)), rng.randrange(8)
    if choice == 0:
        del changed[name]
    elif choice == 1:
        stray = [
            "policy.json",
            "tokens/3-0.tsr",
            "ots/3.ots",
            "ots/03.ots",
            "checkpoints/00.note",
            "checkpoints/3.note",
            "proofs/0.tlog-proof",
        ]
        changed[rng.choice(stray)] = changed[name]
    elif choice == 2:
        other = rng.choice(sorted(given))
        changed[name], changed[other] = given[other], given[name]
    elif choice == 3 and name.endswith(".jsonl") and given[name]:
        lines = given[name].split(b"\n")[:-1]
        place = rng.randrange(len(lines))
        lines[place] = spelt(rng, poked(rng, json.loads(lines[place])))
        changed[name] = b"".join(line + b"\n" for line in lines)
    elif choice == 4:
        changed["manifest.json"] = spelt(rng, poked(rng, json.loads(given["manifest.json"])))
        return changed
    elif choice == 5:
        name = rng.choice([name for name in given if name.endswith((".json", ".jsonl"))])
        changed[name] = respelt(rng, given[name]) if given[name] else b"\n"
    else:
        changed[name] = bytes_changed(rng, given[name])
    return repaired(changed) if rng.random() < 0.8 else changed


def _other_zip(given: dict[str, bytes], kind: int, **more: Any) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", kind, **more) as archive:
        for name, data in given.items():
            archive.writestr(name, data)
    return target.getvalue()


def packed(rng: Random, given: dict[str, bytes]) -> bytes:
    """Pack files in a way that is not the one way."""
    data, choice = pack(given), rng.randrange(7)
    if choice == 0:
        return _other_zip(given, rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]))
    if choice == 1:
        return _other_zip(dict(sorted(given.items(), reverse=True)), zipfile.ZIP_STORED)
    if choice == 2:
        content = given[name] if (given[name := rng.choice(sorted(given))]) else b"PK"
        wrong = crc32(content + b"!").to_bytes(4, "little")
        return data.replace(crc32(content).to_bytes(4, "little"), wrong)
    if choice == 3:
        return data[:-2] + b"\3\0abc"
    if choice == 4:
        name = rng.choice(sorted(given)).encode()
        return data.replace(name, name[:-1] + rng.choice([b"~", b"/", b"\0", b"A"]))
    return bytes_changed(rng, data)


# ---- the policy


def policy(rng: Random, data: bytes) -> bytes:
    value, choice = json.loads(data), rng.randrange(8)
    if value.get("blocks") and rng.random() < 0.4:
        one = rng.choice(value["blocks"])
        odd = [
            {"height": one["height"] + 1},
            {"height": "1"},
            {"height": -1},
            {"header": one["header"][2:]},
            {"more": 1},
        ]
        odd += [{"header": "ff" + one["header"][2:]}, {"header": one["header"].upper()}, {"height": True}]
        odd += [{"header": one["header"][:150] + "00" + one["header"][152:]}, {"header": None}, {"height": 2**60}]
        value["blocks"] = rng.choice(
            [[*value["blocks"], one], None, {}, [one | rng.choice(odd)], [one | rng.choice(odd)]]
        )
    elif choice == 0:
        bounds = [
            "2026-02-28T12:00:00Z",
            "2026-03-02T12:00:00.5+01:00",
            "2026-03-01T12:00:00",
            "2026-13-01T00:00:00Z",
            5,
        ]
        rng.choice(value["log_keys"])[rng.choice(["not_before", "not_after"])] = rng.choice(bounds)
    elif choice == 1 and value.get("quorum"):
        value["quorum"]["threshold"] = rng.choice([0, 1, len(value["quorum"]["members"]), 99, True, "1"])
    elif choice == 2 and value.get("quorum"):
        members = value["quorum"]["members"]
        nested: Any = {"threshold": 1, "members": members}
        for _ in range(rng.randint(0, 4)):
            nested = {"threshold": 1, "members": [nested]}
        value["quorum"] = rng.choice([nested, {"threshold": 1, "members": [*members, members[0]]}, members, {}])
    elif choice == 3 and value.get("authorities"):
        one = rng.choice(value["authorities"])
        mark = "-----END CERTIFICATE-----\n"
        chain = one["certificates"].split(mark)[:-1]
        odd = [chain[1:], chain[:1], chain[::-1], [*chain, *chain], []]
        one["certificates"] = "".join(part + mark for part in rng.choice(odd))
    elif choice == 4 and value.get("authorities"):
        one = rng.choice(value["authorities"])
        one["policies"] = rng.choice([[], one["policies"] * 2, ["1.2.3"], ["x"], "1.2", [1], ["2.999.3161.2"], None])
    elif choice == 5:
        return json.dumps(value, indent=2, ensure_ascii=rng.random() < 0.5).encode()
    elif choice == 6:
        return respelt(rng, data.rstrip(b"\n"))
    else:
        value = poked(rng, value)
    return json.dumps(value, ensure_ascii=True).encode()


def packable(given: dict[str, bytes]) -> bytes | None:
    """Pack files in the one way, if their names allow it."""
    try:
        return pack(given)
    except ArchiveMalformed:
        return None


Damage = Callable[[Random, Any], Any]
