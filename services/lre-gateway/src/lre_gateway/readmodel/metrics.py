"""How many letters wait, for what and for how long: of whole numbers only, found by the queues' own indexes."""

from collections.abc import Callable, Iterable, Mapping

from chassis.metrics import Metric, Reading
from eventstore import Store

LETTERS: Mapping[str, Metric] = {
    "lre_letters_waiting": Metric(
        "{letter}", "Letters that wait: to be sent, for an answer of the provider, for a code, for a proof", ("what",)
    ),
    "lre_submission_age_seconds": Metric("s", "Since the oldest unanswered submission began"),
    "lre_ready_age_seconds": Metric("s", "Since the oldest letter that is to be sent was ready"),
    "lre_batches_paused": Metric("{batch}", "Batches that are not finished and do not go on by themselves"),
}
_WAITING = """
    WITH ready AS (
        SELECT letter.ready_at FROM read.letter JOIN read.batch ON batch.id = letter.batch_id
        WHERE letter.state = 'ready' AND batch.submitted_at IS NOT NULL
        AND (letter.queued OR letter.ready_at <= batch.submitted_at)
    ), submission AS (
        SELECT started_at FROM read.letter WHERE state IN ('submitting', 'submission-unknown')
    )
    SELECT
    (SELECT count(*) FROM ready) AS ready,
    (SELECT count(*) FROM submission) AS submission,
    (SELECT count(*) FROM read.letter WHERE state = 'awaiting-sender-auth') AS code,
    (SELECT count(*) FROM read.letter WHERE pending <> '{}') AS evidence,
    (SELECT extract(epoch FROM clock_timestamp() - min(ready_at))::float FROM ready) AS ready_age,
    (SELECT extract(epoch FROM clock_timestamp() - min(started_at))::float FROM submission) AS submission_age,
    (SELECT count(*) FROM read.batch
        WHERE submitted_at IS NOT NULL AND finished_at IS NULL AND paused IS NOT NULL) AS paused
"""


def readings(store: Store) -> Callable[[], Iterable[Reading]]:
    """Return what tells how many letters wait."""

    def told() -> Iterable[Reading]:
        with store.connection() as connection:
            found = connection.execute(_WAITING).fetchone() or {}
        for what in ("ready", "submission", "code", "evidence"):
            yield "lre_letters_waiting", found[what], {"what": what}
        yield "lre_submission_age_seconds", found["submission_age"] or 0.0, {}
        yield "lre_ready_age_seconds", found["ready_age"] or 0.0, {}
        yield "lre_batches_paused", found["paused"], {}

    return told
