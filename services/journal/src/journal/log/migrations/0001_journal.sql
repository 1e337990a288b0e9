-- The proof journal: one Merkle log (RFC 6962) of every service's entries, and what was signed of it.

CREATE SCHEMA journal;

-- One row for each entry, in the order of the log; dossier, agg and the rest are copied out of the entry to find it.
CREATE TABLE journal.entry (
    idx bigint PRIMARY KEY,
    svc text NOT NULL,
    store_seq bigint NOT NULL,
    entry bytea NOT NULL,
    type text NOT NULL,
    agg uuid NOT NULL,
    agg_ver bigint NOT NULL,
    office uuid,
    dossier uuid,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (svc, store_seq)
);
CREATE INDEX entry_dossier ON journal.entry (dossier, idx) WHERE dossier IS NOT NULL;
CREATE INDEX entry_aggregate ON journal.entry (agg, svc, agg_ver);

-- Complete nodes only, which never change: (level, idx) covers the leaves [idx * 2^level, (idx + 1) * 2^level).
CREATE TABLE journal.node (
    level smallint NOT NULL,
    idx bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, idx)
);

-- How far each service was taken in. `position` is where the bus goes on; `last` is the greatest number in the log:
-- they differ while a service whose epoch was raised sends again what the log already holds.
CREATE TABLE journal.source (
    svc text PRIMARY KEY,
    epoch bigint NOT NULL,
    position bigint NOT NULL,
    last bigint NOT NULL,
    stopped boolean NOT NULL DEFAULT false
);

-- The last entry of each office in each service, to follow its chain.
CREATE TABLE journal.office_head (
    svc text NOT NULL,
    office uuid NOT NULL,
    office_seq bigint NOT NULL,
    entry_hash bytea NOT NULL,
    PRIMARY KEY (svc, office)
);

-- A row without a note is decided but not signed yet; the same root is signed again after a crash.
CREATE TABLE journal.checkpoint (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    note bytea,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE journal.alarm (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    svc text NOT NULL,
    store_seq bigint NOT NULL,
    cause text NOT NULL,
    received bytea NOT NULL,
    UNIQUE (svc, store_seq, cause, received)
);

CREATE FUNCTION journal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.entry
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.node
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON journal.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER never_removed BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.alarm
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
