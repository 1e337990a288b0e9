-- What the first provider of SMS calls the message of a code, until it is known to have arrived or another code has
-- taken its place.
ALTER TABLE identity.challenge ADD COLUMN message text;
CREATE INDEX challenge_message ON identity.challenge (created_at) WHERE message IS NOT NULL AND ended_at IS NULL;
