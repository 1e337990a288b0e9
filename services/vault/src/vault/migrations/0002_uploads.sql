-- Uploads that are under way, documents whose scan failed, and page images. All are work in hand: what became of it is
-- in the events, and images can be made again.
CREATE TABLE vault.upload (
    version_id uuid PRIMARY KEY,
    object_key text NOT NULL UNIQUE REFERENCES vault.data_key (object_key) ON DELETE CASCADE,
    office_id uuid NOT NULL,
    request_id uuid NOT NULL,
    issuer text NOT NULL,
    actor_id uuid,                                  -- null when nobody in person deposits
    size bigint NOT NULL,
    sha256 text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX upload_of_actor ON vault.upload (actor_id, expires_at);

-- The parts that are durable, from the first without a gap. The last part of a document never comes here: with it comes
-- the event, or nothing.
CREATE TABLE vault.upload_part (
    version_id uuid NOT NULL REFERENCES vault.upload (version_id) ON DELETE CASCADE,
    number integer NOT NULL,
    size bigint NOT NULL,                           -- bytes of ciphertext
    sha256 text NOT NULL,                           -- of the ciphertext
    PRIMARY KEY (version_id, number)
);

-- A try is counted before it begins, so that a document that ends its scanner is not tried for ever.
CREATE TABLE vault.scan (
    version_id uuid PRIMARY KEY,
    tries integer NOT NULL,
    next_at timestamptz NOT NULL
);

-- Pictures of which a PDF copy was tried and is not there yet; a try is counted before it begins.
CREATE TABLE vault.copying (
    version_id uuid PRIMARY KEY,
    tries integer NOT NULL,
    next_at timestamptz NOT NULL
);

-- What is known of the page images of a document; it goes with the key of the document, without which none opens.
CREATE TABLE vault.preview (
    object_key text PRIMARY KEY REFERENCES vault.data_key (object_key) ON DELETE CASCADE,
    tries integer NOT NULL,                         -- that did not end, each counted before it begins
    tried_at timestamptz NOT NULL,
    pages integer,                                  -- null until a page was made
    cause text                                      -- why there can be none
);
