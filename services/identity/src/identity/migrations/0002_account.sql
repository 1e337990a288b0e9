-- What a person looks after in their account: the places where they are signed in, and a second factor of their own.

-- As the browser named itself; nothing finer is kept.
ALTER TABLE identity.session ADD COLUMN browser text, ADD COLUMN system text;

CREATE TABLE identity.authenticator (
    person_id uuid PRIMARY KEY,
    sealed bytea NOT NULL,                -- the shared secret, under the key of the person
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_at timestamptz,             -- from then on it is asked for
    last_step bigint NOT NULL DEFAULT 0   -- the step of the last code taken: none is taken twice
);

CREATE TABLE identity.recovery_code (
    digest bytea PRIMARY KEY,             -- HMAC of person and code, under a key outside this database
    person_id uuid NOT NULL,
    used_at timestamptz
);
CREATE INDEX recovery_code_person ON identity.recovery_code (person_id);
