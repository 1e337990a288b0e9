"""The monitor: reads back what was published, and believes no key and no table but its own memory of what it read.

It looks at what is new since it looked last. Every checkpoint must extend the one before it (by the tiles that readers
get) and be the root of the leaves of the copy; every object of the copy must be locked; the leaves must continue one
another; the heads, the seals and the tokens must say what is there.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from chassis.logging import get_logger
from proof.canonical import canonical
from proof.checkpoint import Checkpoint
from proof.entry import encoded
from proof.note import Note, NoteInvalid, decode
from proof.policy import Policy
from proof.record import Record
from proof.signing import signers
from proof.tiles import HEIGHT, WIDTH, Tile, TileInvalid, decode_entries, decode_tile, fold, tile_reader
from proof.timestamp import TimestampInvalid, imprint, verify
from proof.tree import Frontier, Reader, consistency_proof, leaf_hash, verify_consistency

from journal.attest.layout import COSIGNED, NOTES, TOKENS, note_name, size_of
from journal.attest.progress import Progress
from journal.attest.s3 import Bucket, History
from journal.attest.watching import Watch
from journal.log.alarms import raise_alarm
from journal.log.database import Database

FINDING = "monitor-finding"
MONITOR_LOCK = 0x3A7  # any number; held by whoever looks, the task or the verb
GRACE = timedelta(minutes=10)  # what a seal names may enter the copy after it
RECENT = 200  # tokens remembered by name: an authority that was away may answer for an older checkpoint
SLACK = timedelta(hours=1)  # between the clock that set a lock and the server's

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something published contradicts something else; `place` is a leaf or a size."""

    check: str
    place: int
    what: str


class Monitor:
    """Looks at the published log, each time from where it stopped."""

    def __init__(self, database: Database, tiles: Bucket, worm: Bucket, policy: Callable[[], Policy]) -> None:
        self._database = database
        self._tiles, self._worm = tiles, worm
        self._trusted = policy
        self._progress = Progress(database, "monitor")
        self._found: list[Finding] = []

    def look(self, now: datetime | None = None, *, afresh: bool = False) -> list[Finding]:
        """Check what is new, or everything `afresh`; returns what is wrong. Raises StorageAway."""
        with self._database.transaction() as alone:
            alone.execute("SELECT pg_advisory_xact_lock(%s)", (MONITOR_LOCK,))
            self._found = []
            if afresh:
                self._forget()
            self._look(now or datetime.now(UTC))
        return self._found

    def _forget(self) -> None:
        with self._database.transaction() as connection:
            connection.execute("TRUNCATE journal.watched")
            self._progress.keep_in(connection, {})

    def _look(self, now: datetime) -> None:
        state = {
            "note": None,
            "size": 0,
            "peaks": [],
            "roots": [],
            "tokens": [],
            "seals": [],
        } | self._progress.read()
        self._look_at_notes(state)
        self._progress.keep(state)
        while self._look_at_bundle(state, now):
            pass
        self._look_at_tokens(state)
        self._look_at_seals(state, now)
        self._progress.keep(state)

    def _report(self, check: str, place: int, what: str) -> None:
        finding = Finding(check, place, what)
        self._found.append(finding)
        raise_alarm(self._database, FINDING, place, canonical(asdict(finding)))
        get_logger().error(FINDING, check=check, place=place)

    def _look_at_notes(self, state: State) -> None:
        last = Checkpoint.parse(state["note"]) if state["note"] else None
        histories = self._worm.histories(NOTES, note_name(last.size) if last else "")
        sizes = [size for one in histories if (size := size_of(one.name)) is not None]
        if not sizes:
            return
        read = tile_reader(max(sizes), self._read_tile)
        for history in histories:
            said = self._note(history)
            if said is None:
                continue
            if last is not None:
                self._check_growth(last, said, read)
            state["roots"].append([said.size, encoded(said.root)])
            state["note"], last = said.text(), said

    def _check_growth(self, last: Checkpoint, said: Checkpoint, read: Reader) -> None:
        try:
            growth = consistency_proof(last.size, said.size, read)
        except TileInvalid as error:
            self._report("tiles", said.size, str(error))
            return
        if not verify_consistency(last.size, said.size, last.root, said.root, growth):
            self._report("consistency", said.size, f"does not extend {last.size}")

    def _note(self, history: History) -> Checkpoint | None:
        """Read a checkpoint of the copy; None if it is none of this log's."""
        place, data = size_of(history.name), self._first_version(history)
        if place is None or data is None:
            self._report("note", 0, f"{history.name} has no place here")
            return None
        try:
            note = Note.parse(data)
            said = Checkpoint.parse(note.text)
            signed = signers(note, [one.key for one in self._trusted().log_keys])
        except NoteInvalid as error:
            self._report("note", place, str(error))
            return None
        if not signed or (said.origin, said.size) != (self._trusted().origin, place):
            self._report("note", place, "not signed by the log under this name")
            return None
        return said

    def _first_version(self, history: History) -> bytes | None:
        """Read an object as it was first put, and check that it is locked and that nothing was laid over it."""
        place = size_of(history.name) or 0
        if history.deleted or not history.versions:
            self._report("hidden", place, f"{history.name} was deleted")
        if not history.versions:
            return None
        first, *others = history.versions
        data = self._worm.get(history.name, first)
        if any(self._worm.get(history.name, other) != data for other in others):
            self._report("rewritten", place, f"{history.name} has versions that differ")
        self._check_lock(history.name, place, first)
        return data

    def _check_lock(self, name: str, place: int, version: str | None = None) -> None:
        kept = self._worm.kept(name, version)
        days = timedelta(days=self._worm.locked_days or 0)
        if kept is None or kept.mode != "COMPLIANCE" or kept.until is None:
            self._report("lock", place, f"{name} is not locked")
        elif kept.until < kept.stored_at + days - SLACK:
            self._report("lock", place, f"{name} is locked for too short a time")

    def _read_tile(self, tile: Tile) -> bytes:
        """Read a tile as readers get it; a longer beginning of it, or all of it, is as good."""
        for path in (tile.path, tile.whole.path):
            data = self._tiles.get(path)
            if data is not None:
                return data
        longest = _longest(self._tiles.names(f"{tile.whole.path}.p/"))
        if longest < tile.width:
            raise TileInvalid(f"{tile.path} is not published")
        return self._tiles.get(Tile(tile.level, tile.index, longest).path) or b""

    def _look_at_bundle(self, state: State, now: datetime) -> bool:
        """Read the next leaves of the copy, as many as are there; returns whether more may follow."""
        tile = self._next_tile(state["size"])
        if tile is None:
            return False
        try:
            entries = decode_entries(tile, self._worm.get(tile.entries_path) or b"")
        except TileInvalid as error:
            self._report("bundle", tile.first, str(error))
            return False
        self._check_lock(tile.entries_path, tile.first)
        peaks = [(level, decode(text)) for level, text in state["peaks"]]
        frontier = Frontier(state["size"], [digest for _, digest in peaks])
        with self._database.transaction() as connection:
            watch = Watch(connection, self._report)
            for data in entries[frontier.size - tile.first :]:
                record = watch.see(frontier.size, data)
                if record is not None and record.kind == "seal":
                    state["seals"].append(_seal(frontier.size, record, now))
                made = frontier.append(leaf_hash(data))
                for node in made:
                    self._check_tile(*node)
                level, _, digest = made[-1]  # the largest: it takes the place of all smaller ones
                peaks = [peak for peak in peaks if peak[0] > level] + [(level, digest)]
                self._check_root(state, frontier)
            watch.flush()
            state["size"], state["peaks"] = frontier.size, [[level, encoded(digest)] for level, digest in peaks]
            self._progress.keep_in(connection, state)
        return tile.full

    def _next_tile(self, size: int) -> Tile | None:
        """Return the bundle of the copy that holds leaf `size`: the full one, else the longest of its beginnings."""
        whole = Tile(0, size // WIDTH)
        if self._worm.get(whole.entries_path) is not None:
            return whole
        longest = _longest(self._worm.names(f"{whole.entries_path}.p/"))
        return Tile(0, whole.index, longest) if whole.first + longest > size else None

    def _check_tile(self, level: int, index: int, digest: bytes) -> None:
        """Compare a full tile of the copy with the node above it, made of the leaves."""
        if level == 0 or level % HEIGHT:
            return
        tile = Tile(level // HEIGHT - 1, index)
        try:
            same = fold(decode_tile(tile, self._worm.get(tile.path) or b"")) == digest
        except TileInvalid:
            same = False
        if not same:
            self._report("tile", tile.first, f"{tile.path} is not of these leaves")
        else:
            self._check_lock(tile.path, tile.first)

    def _check_root(self, state: State, frontier: Frontier) -> None:
        while state["roots"] and state["roots"][0][0] <= frontier.size:
            size, said = state["roots"].pop(0)
            if size == frontier.size and encoded(frontier.root()) != said:
                self._report("root", size, "the leaves of the copy have another root")

    def _look_at_tokens(self, state: State) -> None:
        known = set(state["tokens"])
        for history in self._worm.histories(TOKENS, min(known) if len(known) == RECENT else ""):
            place = size_of(history.name)
            if history.name in known or place is None:
                continue
            response, note = self._first_version(history), self._worm.get(note_name(place))
            try:
                if self._trusted().authorities:
                    verify(response or b"", imprint(Note.parse(note or b"")), self._trusted().authorities)
            except (TimestampInvalid, NoteInvalid) as error:
                self._report("token", place, f"{history.name}: {getattr(error, 'code', 'no checkpoint')}")
            state["tokens"] = sorted([*state["tokens"], history.name])[-RECENT:]

    def _look_at_seals(self, state: State, now: datetime) -> None:
        """Compare what the seals name with what the copy holds; what is not there yet is looked for again."""
        waiting = []
        for seal in state["seals"]:
            missing = self._missing(seal)
            if missing and now - datetime.fromisoformat(seal["since"]) < GRACE:
                waiting.append(seal)
            elif missing:
                self._report("seal", seal["index"], f"no such {', '.join(missing)}")
        state["seals"] = waiting

    def _missing(self, seal: State) -> list[str]:
        size = seal["size"]
        note = self._worm.get(note_name(size))
        prefix = note_name(size).removeprefix(NOTES).removesuffix(".note")
        tokens = {_digest(self._worm.get(name) or b"") for name in self._worm.names(f"{TOKENS}{prefix}-")}
        lines = {
            _digest(line.encode())
            for name in self._worm.names(f"{COSIGNED}{prefix}-")
            for line in Note.parse(self._worm.get(name) or b"").signatures
        }
        root = encoded(Checkpoint.parse(Note.parse(note).text).root) if note else None
        wrong = {"root": root != seal["root"], "token": not tokens.issuperset(seal["tokens"])}
        wrong["cosignature"] = not lines.issuperset(seal["cosignatures"])
        return [name for name, is_wrong in wrong.items() if is_wrong]


def _seal(index: int, record: Record, now: datetime) -> State:
    named = {name: record.body[name] for name in ("size", "root", "tokens", "cosignatures")}
    return named | {"index": index, "since": now.isoformat()}


def _longest(names: Iterable[str]) -> int:
    """Return the width of the longest of some partial tiles."""
    return max((Tile.parse(name).width for name in names), default=0)


def _digest(data: bytes) -> str:
    return encoded(sha256(data).digest())
