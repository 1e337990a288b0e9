"""The throw-away servers are real."""

import asyncio
import io

import nats
import psycopg
from testkit.plugin import Bucket


def test_a_test_gets_an_empty_database_of_its_own(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE t (n int)")
        assert connection.execute("SHOW fsync").fetchone() == ("off",)  # nothing here outlives its test


def test_the_next_test_does_not_see_the_previous_one(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)


def test_nats_keeps_messages(nats_url: str) -> None:
    async def publish() -> int:
        client = await nats.connect(nats_url)
        stream = client.jetstream()
        await stream.add_stream(name="T", subjects=["t"])
        receipt = await stream.publish("t", b"x")
        await client.close()
        return int(receipt.seq)

    assert asyncio.run(publish()) == 1


def test_a_test_gets_a_bucket_of_its_own(s3: Bucket) -> None:
    client = s3.access.client()
    client.put_object(bucket_name=s3.name, object_name="a", data=io.BytesIO(b"x"), length=1)
    assert [found.object_name for found in client.list_objects(bucket_name=s3.name)] == ["a"]
