-- The keys of documents. They are secrets, not events: destroying one destroys what it opens.
CREATE SCHEMA vault;

CREATE TABLE vault.office_key (
    office_id uuid NOT NULL,
    number integer NOT NULL,
    wrapped bytea NOT NULL,                         -- by the key service
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (office_id, number)
);

-- One row for each attempt to store a version, written before the first part: whatever a crash leaves in the bucket
-- can be found from here.
CREATE TABLE vault.data_key (
    object_key text PRIMARY KEY,
    office_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version_id uuid NOT NULL,
    office_key integer NOT NULL,
    wrapped bytea NOT NULL,                         -- by the office key
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kept boolean NOT NULL DEFAULT false,            -- a hint that spares a look into the events, which decide
    FOREIGN KEY (office_id, office_key) REFERENCES vault.office_key (office_id, number)
);

CREATE INDEX data_key_in_doubt ON vault.data_key (begun_at) WHERE NOT kept;
