"""Words that exist nowhere else, and the search for them in everything that a platform has stored."""

import base64
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from psycopg import sql

from testkit.stack import Platform

OWN = ("pg_catalog", "information_schema")
"""Schemas that are PostgreSQL's own."""
OUTSIDE = "sandbox-"
"""Logs of simulators of the outside world."""


class Canaries(dict[str, str]):
    """Words that exist nowhere else, by what they stand for."""

    def of(self, what: str, before: str = "", after: str = "") -> str:
        """Make a word that stands for something."""
        self[what] = word = f"{before}canari{secrets.token_hex(6)}{after}"
        return word


def needles(words: Mapping[str, str]) -> dict[str, list[bytes]]:
    """Return every way in which a word could stand in a file: plain, in hexadecimal, in base64 at any offset."""
    found = {}
    for what, word in words.items():
        plain = re.sub(r"^.*(?=canari)|@.*$", "", word).encode()
        folded = [base64.b64encode(bytes(shift) + plain)[4 if shift else 0 : -4] for shift in range(3)]
        found[what] = [plain.lower(), plain.hex().encode(), *(one.lower() for one in folded)]
    return found


def leaks(
    words: Mapping[str, str],
    places: Iterable[tuple[str, bytes]],
    *,
    codes: Iterable[str] = (),
    without: str = "nothing",
) -> set[str]:
    """Return what stands where it should not; a code counts when it stands alone."""
    wanted = {what: said for what, said in needles(words).items() if without not in what}
    numbers = "|".join(codes).encode()
    alone = re.compile(rb"(?<![0-9a-zA-Z.])(" + numbers + rb")(?![0-9a-zA-Z.])") if numbers else None
    found = set()
    for place, content in places:
        lower = content.lower()
        found |= {f"{what} in {place}" for what, said in wanted.items() if any(word in lower for word in said)}
        found |= {f"a code in {place}" for _ in (alone.findall(content) if alone else ())}
    return found


def files_under(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a folder but the logs of the outside world."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(OUTSIDE):
            yield path.name, path.read_bytes()


def rows(platform: Platform, service: str, *, without: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Yield every table of a service but those of some schemas."""
    with platform.database(service) as connection:
        query = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema <> ALL(%s)"
        for schema, table in connection.execute(query, [[*OWN, *without]]).fetchall():
            found = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table))).fetchall()
            values = (value if isinstance(value, bytes) else str(value).encode() for row in found for value in row)
            yield f"{service}: {schema}.{table}", b"\n".join(values)


def objects(platform: Platform) -> Iterator[tuple[str, bytes]]:
    """Yield every object of every bucket, with its name."""
    client = platform.s3().client()
    for bucket in client.list_buckets():
        for one in client.list_objects(bucket_name=bucket.name, recursive=True):
            name = str(one.object_name)
            answer = client.get_object(bucket_name=bucket.name, object_name=name)
            yield f"the bucket, {name}", name.encode() + b"\n" + answer.read()
            answer.close()
            answer.release_conn()
