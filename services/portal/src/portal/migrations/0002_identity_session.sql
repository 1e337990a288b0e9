-- Which session of identity a browser carries, by its digest: whoever ends one in the account page ends it here at once.
ALTER TABLE portal.session ADD COLUMN identity_digest bytea;
CREATE INDEX session_identity ON portal.session (identity_digest);
