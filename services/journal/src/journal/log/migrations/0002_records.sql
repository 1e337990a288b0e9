-- The journal's own leaves beside the events, what others say of its signed states, and what an erasure waits for.

ALTER TABLE journal.entry
    ADD COLUMN kind text NOT NULL DEFAULT 'event',
    ADD COLUMN actor uuid,
    ADD COLUMN actor_kind text,
    ADD COLUMN recorded_at timestamptz,
    ALTER COLUMN agg DROP NOT NULL,
    ALTER COLUMN agg_ver DROP NOT NULL;

-- The entries themselves stay as they are: only what is copied out of them to find them is filled in.
ALTER TABLE journal.entry DISABLE TRIGGER never_changed;
UPDATE journal.entry AS e
SET actor = (said.entry ->> 'actor')::uuid,
    actor_kind = said.entry ->> 'actor_kind',
    recorded_at = (said.entry ->> 'recorded_at')::timestamptz
FROM (SELECT idx, convert_from(entry, 'UTF8')::json AS entry FROM journal.entry) AS said
WHERE said.idx = e.idx;
ALTER TABLE journal.entry ENABLE TRIGGER never_changed;

-- A record (any other kind) is of the service "journal", has the type "journal.<kind>" and is about no aggregate.
ALTER TABLE journal.entry
    ALTER COLUMN kind DROP DEFAULT,
    ALTER COLUMN actor_kind SET NOT NULL,
    ALTER COLUMN recorded_at SET NOT NULL,
    ADD CONSTRAINT only_events_have_aggregates
        CHECK ((kind = 'event') = (agg IS NOT NULL) AND (agg IS NULL) = (agg_ver IS NULL));
CREATE INDEX entry_office ON journal.entry (office, idx) WHERE office IS NOT NULL;
CREATE INDEX entry_actor ON journal.entry (actor, idx) WHERE actor IS NOT NULL;
CREATE INDEX entry_type ON journal.entry (type, idx);
CREATE INDEX entry_recorded ON journal.entry (recorded_at, idx);
CREATE INDEX entry_record ON journal.entry (kind, idx) WHERE kind <> 'event';

-- What witnesses signed beside the log; `line` is verified, and kept as they wrote it.
CREATE TABLE journal.cosignature (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size bigint NOT NULL REFERENCES journal.checkpoint,
    vkey text NOT NULL,
    line text NOT NULL,
    cosigned_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (size, vkey)
);

-- Verified answers of time-stamping authorities (RFC 3161, TimeStampResp), as they sent them.
CREATE TABLE journal.token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size bigint NOT NULL REFERENCES journal.checkpoint,
    number smallint NOT NULL,
    response bytea NOT NULL,
    authority text NOT NULL,
    stamped_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (size, number)
);

-- The days (of Paris) that were closed with a head for each office, and how long the log was then.
CREATE TABLE journal.day (
    day date PRIMARY KEY,
    size bigint NOT NULL
);

-- What an erasure record waits for: the order in which the services are taken in is not the order of what happened.
CREATE TABLE journal.erasure (
    person uuid PRIMARY KEY,
    basis text NOT NULL,
    office uuid,
    actor uuid,
    actor_kind text NOT NULL
);
CREATE TABLE journal.keys_destroyed (
    person uuid NOT NULL,
    svc text NOT NULL,
    keys integer NOT NULL,
    PRIMARY KEY (person, svc)
);

-- A note that somebody may have seen is never replaced.
CREATE TRIGGER note_never_changed BEFORE UPDATE ON journal.checkpoint
    FOR EACH ROW WHEN (old.note IS NOT NULL OR old.root <> new.root OR old.size <> new.size)
    EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.token
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.day
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
