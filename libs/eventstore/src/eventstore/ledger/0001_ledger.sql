-- The event store of one service: events, their proof entries and all that must commit with them.

CREATE SCHEMA ledger;

-- An event and its proof entry are one row, so that neither exists without the other. The library's notification_id
-- is the service's gap-free store_seq.
CREATE TABLE ledger.stored_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigint NOT NULL,
    entry bytea NOT NULL,
    CONSTRAINT stored_events_pkey PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX stored_events_notification_id ON ledger.stored_events (notification_id);

-- One row: locked first by every append and held to its commit, it serialises the writers of the service,
-- so that the order of store_seq is the order of commits and a reader never passes over a late number.
CREATE TABLE ledger.counter (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch integer NOT NULL,
    store_seq bigint NOT NULL
) WITH (fillfactor = 20);
INSERT INTO ledger.counter (epoch, store_seq) VALUES (1, 0);

CREATE TABLE ledger.office_counter (
    office uuid PRIMARY KEY,
    office_seq bigint NOT NULL,
    entry_hash bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE ledger.command (
    actor uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    outcome jsonb,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT command_pkey PRIMARY KEY (actor, key)
);

-- How far this service has taken in each producer's events.
CREATE TABLE ledger.inbox (
    producer text PRIMARY KEY,
    epoch integer NOT NULL,
    store_seq bigint NOT NULL
);

-- Messages whose effect failed for a reason that waiting does not mend.
CREATE TABLE ledger.parked (
    producer text NOT NULL,
    epoch integer NOT NULL,
    store_seq bigint NOT NULL,
    subject text NOT NULL,
    message jsonb NOT NULL,
    cause text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    replayed_at timestamptz,
    PRIMARY KEY (producer, epoch, store_seq)
);
CREATE INDEX parked_waiting ON ledger.parked (producer, subject) WHERE replayed_at IS NULL;

-- A person's key, wrapped by the key service; destroyed means wrapped is null, for ever.
CREATE TABLE ledger.subject_key (
    subject uuid PRIMARY KEY,
    wrapped bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz
);

CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events and proof entries are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Each operation: {"sql": a statement on the schema read with one jsonb parameter, "row": that parameter}.
CREATE FUNCTION ledger.apply_rows(operations jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    operation jsonb;
BEGIN
    FOR operation IN SELECT value FROM jsonb_array_elements(operations) LOOP
        EXECUTE operation ->> 'sql' USING operation -> 'row';
    END LOOP;
END $$;

-- Append events with all that belongs to them, in the fixed order of locks: counters, idempotency key,
-- inbox position, events with their entries, read-model rows. Returns the first store_seq given.
-- The batch is one JSON value, which costs both sides less than many parameters:
--   events: [{id, version, topic, state (base64), office, head, middle, after, tail}], where the last four are the
--     canonical entry cut around the values that only this transaction knows: office_prev and office_seq,
--     recorded_at, store_seq (proof.entry.assemble is the reference)
--   command: {actor, key, fingerprint (base64), outcome}; position: {producer, epoch, store_seq, parked}
--   rows: operations for apply_rows
CREATE FUNCTION ledger.append(batch jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    amount integer := jsonb_array_length(batch -> 'events');
    command jsonb := batch -> 'command';
    from_message jsonb := batch -> 'position';
    event jsonb;
    current_seq bigint;
    event_office uuid;
    current_office uuid;
    office_number bigint := 0;
    prev bytea;
    new_entry bytea;
    recorded text;
BEGIN
    -- Waiting on a lock of its own is cheaper than eight writers waiting on one row.
    PERFORM pg_advisory_xact_lock(9051426);
    UPDATE ledger.counter SET store_seq = store_seq + amount RETURNING store_seq - amount INTO current_seq;
    IF command IS NOT NULL THEN
        INSERT INTO ledger.command (actor, key, fingerprint, outcome)
        VALUES ((command ->> 'actor')::uuid, command ->> 'key', decode(command ->> 'fingerprint', 'base64'),
                command -> 'outcome');
    END IF;
    IF from_message IS NOT NULL THEN
        PERFORM ledger.receive(from_message ->> 'producer', (from_message ->> 'epoch')::integer,
                               (from_message ->> 'store_seq')::bigint, (from_message ->> 'parked')::boolean);
    END IF;
    recorded := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    FOR event IN SELECT value FROM jsonb_array_elements(batch -> 'events') LOOP
        current_seq := current_seq + 1;
        event_office := (event ->> 'office')::uuid;
        IF event_office IS NOT NULL THEN
            IF event_office IS DISTINCT FROM current_office THEN
                IF current_office IS NOT NULL THEN
                    UPDATE ledger.office_counter SET office_seq = office_number, entry_hash = prev
                    WHERE office = current_office;
                END IF;
                current_office := event_office;
                SELECT office_seq, entry_hash INTO office_number, prev
                FROM ledger.office_counter WHERE office = current_office;
                IF NOT FOUND THEN
                    INSERT INTO ledger.office_counter VALUES (current_office, 0, '');
                    office_number := 0;
                    prev := NULL;
                END IF;
            END IF;
            office_number := office_number + 1;
        END IF;
        new_entry := convert_to(
            (event ->> 'head')
            || CASE WHEN event_office IS NULL OR prev IS NULL THEN 'null' ELSE '"' || encode(prev, 'base64') || '"' END
            || ',"office_seq":' || CASE WHEN event_office IS NULL THEN 'null' ELSE office_number::text END
            || (event ->> 'middle') || recorded || (event ->> 'after') || current_seq || (event ->> 'tail'), 'UTF8');
        INSERT INTO ledger.stored_events (originator_id, originator_version, topic, state, notification_id, entry)
        VALUES ((event ->> 'id')::uuid, (event ->> 'version')::bigint, event ->> 'topic',
                decode(event ->> 'state', 'base64'), current_seq, new_entry);
        IF event_office IS NOT NULL THEN
            prev := sha256(new_entry);
        END IF;
    END LOOP;
    IF current_office IS NOT NULL THEN
        UPDATE ledger.office_counter SET office_seq = office_number, entry_hash = prev WHERE office = current_office;
    END IF;
    IF batch ? 'rows' THEN
        PERFORM ledger.apply_rows(batch -> 'rows');
    END IF;
    RETURN current_seq - amount + 1;
END $$;

-- Take a message in: its position moves forward, or its parked row is marked as replayed, once and only once.
CREATE FUNCTION ledger.receive(from_producer text, from_epoch integer, from_seq bigint, from_parked boolean)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF from_parked THEN
        UPDATE ledger.parked SET replayed_at = clock_timestamp()
        WHERE producer = from_producer AND epoch = from_epoch AND store_seq = from_seq AND replayed_at IS NULL;
    ELSE
        INSERT INTO ledger.inbox AS known VALUES (from_producer, from_epoch, from_seq)
        ON CONFLICT (producer) DO UPDATE SET epoch = excluded.epoch, store_seq = excluded.store_seq
        WHERE (known.epoch, known.store_seq) < (excluded.epoch, excluded.store_seq);
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'already received' USING ERRCODE = 'SC001';
    END IF;
END $$;
