-- How far the log was published, and what the monitor has seen of the published copy.

-- Where a task that goes on by steps stands. It goes back with the database when that is restored, and the steps, which
-- never replace what is published, are simply made again.
CREATE TABLE journal.progress (
    name text PRIMARY KEY,
    value jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The monitor's own memory of the leaves that it read back from the copy; it believes no other table.
CREATE TABLE journal.watched (
    idx bigint PRIMARY KEY,
    leaf_hash bytea NOT NULL,
    entry_hash bytea NOT NULL,
    svc text NOT NULL,
    store_seq bigint NOT NULL,
    office uuid,
    office_seq bigint,
    dossier uuid,
    agg uuid
);
CREATE INDEX watched_office ON journal.watched (office, svc, office_seq) WHERE office IS NOT NULL;
CREATE INDEX watched_dossier ON journal.watched (dossier, idx) WHERE dossier IS NOT NULL;
CREATE INDEX watched_aggregate ON journal.watched (agg, svc, idx) WHERE agg IS NOT NULL;
CREATE INDEX watched_service ON journal.watched (svc, store_seq);
