-- A secret and the event about it change together: what is prepared here is in force once an event names it, and what
-- no event names never is. Without hash and step: the app is turned off.
CREATE TABLE identity.prepared (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    hash text,                        -- of a password
    step bigint,                      -- of the code that turned an app on
    codes bytea[]                     -- the digests of its recovery codes
);
CREATE INDEX prepared_person ON identity.prepared (person_id);
