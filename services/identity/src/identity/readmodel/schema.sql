CREATE TABLE read.office (
    id uuid PRIMARY KEY,
    crpcen text NOT NULL,
    name text NOT NULL,
    search text NOT NULL
);

CREATE TABLE read.person (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    office_id uuid,
    first_name text,
    last_name text,
    email text,
    same_email text,
    phone text,
    search text,
    issuer text,
    subject text,
    email_confirmed boolean NOT NULL DEFAULT false,
    erased_at timestamptz,      -- then names, addresses and what they are searched by are null
    keys_destroyed boolean NOT NULL DEFAULT false,
    password_change uuid,       -- what identity.prepared holds, or held, of the last change
    app_change uuid,
    CONSTRAINT person_subject UNIQUE (issuer, subject)
);

-- Whoever read the mail of one address did not read that of another.
CREATE FUNCTION read.address_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.email_confirmed := false;
    RETURN NEW;
END
$$;
CREATE TRIGGER address_changed BEFORE UPDATE ON read.person
    FOR EACH ROW WHEN (NEW.email IS DISTINCT FROM OLD.email) EXECUTE FUNCTION read.address_changed();

CREATE INDEX person_email ON read.person (same_email) WHERE kind = 'client';
CREATE INDEX person_half_erased ON read.person (erased_at) WHERE erased_at IS NOT NULL AND NOT keys_destroyed;
CREATE INDEX person_office ON read.person (office_id, last_name, id) WHERE kind = 'client';

CREATE TABLE read.membership (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    office_id uuid NOT NULL,
    role text NOT NULL,
    state text NOT NULL,
    requested_at timestamptz NOT NULL,
    decided_by uuid
);
CREATE UNIQUE INDEX membership_once ON read.membership (person_id, office_id, role) WHERE state <> 'refused';
CREATE INDEX membership_office ON read.membership (office_id, state);

-- Statistics keep samples of values, where no erasure finds them: none are taken of what says who somebody is.
ALTER TABLE read.person
    ALTER COLUMN first_name SET STATISTICS 0,
    ALTER COLUMN last_name SET STATISTICS 0,
    ALTER COLUMN email SET STATISTICS 0,
    ALTER COLUMN same_email SET STATISTICS 0,
    ALTER COLUMN phone SET STATISTICS 0,
    ALTER COLUMN search SET STATISTICS 0,
    ALTER COLUMN subject SET STATISTICS 0;
