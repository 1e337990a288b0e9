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
-- heads, middles, afters and tails are the canonical entry cut around the values that only this
-- transaction knows: office_prev and office_seq, recorded_at, store_seq (proof.entry.assemble is the reference).
CREATE FUNCTION ledger.append(
    ids uuid[], versions bigint[], topics text[], states bytea[], offices uuid[],
    heads text[], middles text[], afters text[], tails text[],
    command_actor uuid, command_key text, command_fingerprint bytea, command_outcome jsonb,
    from_producer text, from_epoch integer, from_seq bigint, from_parked boolean,
    operations jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    amount integer := coalesce(array_length(ids, 1), 0);
    first_seq bigint;
    current_office uuid;
    seq bigint := 0;
    prev bytea;
    new_entry bytea;
    recorded text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
BEGIN
    UPDATE ledger.counter SET store_seq = store_seq + amount RETURNING store_seq - amount + 1 INTO first_seq;
    IF command_key IS NOT NULL THEN
        INSERT INTO ledger.command (actor, key, fingerprint, outcome)
        VALUES (command_actor, command_key, command_fingerprint, command_outcome);
    END IF;
    IF from_producer IS NOT NULL THEN
        PERFORM ledger.receive(from_producer, from_epoch, from_seq, from_parked);
    END IF;
    FOR i IN 1 .. amount LOOP
        IF offices[i] IS NOT NULL AND offices[i] IS DISTINCT FROM current_office THEN
            IF current_office IS NOT NULL THEN
                UPDATE ledger.office_counter SET office_seq = seq, entry_hash = prev WHERE office = current_office;
            END IF;
            current_office := offices[i];
            SELECT office_seq, entry_hash INTO seq, prev FROM ledger.office_counter WHERE office = current_office;
            IF NOT FOUND THEN
                INSERT INTO ledger.office_counter VALUES (current_office, 0, '');
                seq := 0;
                prev := NULL;
            END IF;
        END IF;
        IF offices[i] IS NOT NULL THEN
            seq := seq + 1;
        END IF;
        new_entry := convert_to(
            heads[i] || CASE WHEN offices[i] IS NULL OR prev IS NULL THEN 'null' ELSE '"' || encode(prev, 'base64') || '"' END
            || ',"office_seq":' || CASE WHEN offices[i] IS NULL THEN 'null' ELSE seq::text END
            || middles[i] || recorded || afters[i] || (first_seq + i - 1) || tails[i], 'UTF8');
        INSERT INTO ledger.stored_events (originator_id, originator_version, topic, state, notification_id, entry)
        VALUES (ids[i], versions[i], topics[i], states[i], first_seq + i - 1, new_entry);
        IF offices[i] IS NOT NULL THEN
            prev := sha256(new_entry);
        END IF;
    END LOOP;
    IF current_office IS NOT NULL THEN
        UPDATE ledger.office_counter SET office_seq = seq, entry_hash = prev WHERE office = current_office;
    END IF;
    IF operations IS NOT NULL THEN
        PERFORM ledger.apply_rows(operations);
    END IF;
    RETURN first_seq;
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
