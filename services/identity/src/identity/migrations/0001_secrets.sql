-- Secrets that are not events: only digests of them, and only as long as they are good for something.

CREATE SCHEMA identity;

-- One code asked for. A challenge without a person answers for an address that nobody has.
CREATE TABLE identity.challenge (
    id uuid PRIMARY KEY,
    purpose text NOT NULL,
    who bytea NOT NULL,               -- HMAC of purpose and e-mail address
    person_id uuid,
    office_id uuid,
    token bytea,                      -- digest of the invitation that the person came with
    code bytea NOT NULL,              -- HMAC of the code, under a key outside this database
    tries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz              -- answered, or replaced by a newer code
);
CREATE INDEX challenge_who ON identity.challenge (who, created_at);
CREATE INDEX challenge_person ON identity.challenge (person_id) WHERE ended_at IS NULL;

-- What is counted to be limited: codes and password tries, by HMAC of address, number and IP.
CREATE TABLE identity.attempt (
    who bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX attempt_who ON identity.attempt (who, at);

CREATE TABLE identity.password (
    person_id uuid PRIMARY KEY,
    hash text NOT NULL,               -- Argon2id, with its parameters
    set_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Links and tickets that work once: invitations, e-mail confirmations, registrations, password setting.
CREATE TABLE identity.token (
    digest bytea PRIMARY KEY,
    purpose text NOT NULL,
    person_id uuid,
    office_id uuid,
    claims jsonb,                     -- of a registration: what the identity provider said, until it is used
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX token_person ON identity.token (person_id, purpose);

-- A sign-in at the identity provider under way, bound to one browser.
CREATE TABLE identity.oidc_state (
    digest bytea PRIMARY KEY,
    browser bytea NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE identity.session (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    kind text NOT NULL,
    office_id uuid,
    role text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at timestamptz NOT NULL,     -- whatever happens
    ended_at timestamptz
);
CREATE INDEX session_person ON identity.session (person_id) WHERE ended_at IS NULL;

CREATE TABLE identity.refresh (
    digest bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES identity.session ON DELETE CASCADE,
    used_at timestamptz
);
CREATE INDEX refresh_session ON identity.refresh (session_id);
