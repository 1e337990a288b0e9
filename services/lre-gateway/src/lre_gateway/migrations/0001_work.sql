-- Work that is no event: it changes nothing for anybody, and losing it only costs time.
CREATE SCHEMA letters;

-- Calls of providers as they came. Nothing in them is believed: each makes us read a letter again, and goes.
CREATE TABLE letters.hint (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    letter_id uuid,              -- from the secret of the address; null for a call about an account
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    received_at timestamptz NOT NULL
);

-- When something is done next for a letter; without a row it is due at once.
CREATE TABLE letters.turn (
    letter_id uuid NOT NULL,
    task text NOT NULL,          -- poll, evidence, reconcile
    due_at timestamptz NOT NULL,
    attempt integer NOT NULL,
    PRIMARY KEY (task, letter_id)
);
CREATE INDEX turn_due ON letters.turn (task, due_at);
