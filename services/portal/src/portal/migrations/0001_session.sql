-- Who is signed in. The cookie is not here, only its digest; the tokens are sealed. Losing all of it signs everybody out.
CREATE SCHEMA portal;
CREATE TABLE portal.session (
    digest bytea PRIMARY KEY,
    sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_expiry ON portal.session (expires_at);
