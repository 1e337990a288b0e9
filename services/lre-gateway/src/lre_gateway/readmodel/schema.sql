-- The read model of lre-gateway: dropped and made again from the events at any time.

CREATE TABLE read.office_settings (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL UNIQUE,
    trade text NOT NULL,
    retention_years integer NOT NULL,
    hold_mode text NOT NULL,
    version integer NOT NULL
);

CREATE TABLE read.sender (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    provider text NOT NULL,
    holder_id uuid NOT NULL,     -- who has the key of the codes
    account_email text,          -- null once erased
    account text,                -- the provider's name for it, once linked
    linked boolean NOT NULL,
    missing text[] NOT NULL,
    requested_by uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    refreshed_at timestamptz,
    lost_at timestamptz,         -- the account took its leave back; null once it gave it again
    revoked_at timestamptz,      -- the office took the link back
    wrong_codes integer NOT NULL,
    locked_until timestamptz,
    version integer NOT NULL
);
CREATE INDEX sender_of_office ON read.sender (office_id, requested_at DESC, id DESC);

CREATE TABLE read.billing_entity (
    id uuid PRIMARY KEY,
    sender_id uuid NOT NULL,
    office_id uuid NOT NULL,
    entity text NOT NULL,
    label text,
    method text NOT NULL,
    mapped_at timestamptz NOT NULL
);
CREATE INDEX billing_entity_of_office ON read.billing_entity (office_id, entity, sender_id);

CREATE TABLE read.recipient (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    person_id uuid,              -- of identity, if it has an account
    kind text NOT NULL,
    last_name text,              -- null once erased, as are the next ones
    first_name text,
    company text,
    email text,
    email_folded text,           -- the address as it is compared
    postal jsonb,
    searched text NOT NULL,      -- what a search looks in, folded
    opted_out boolean NOT NULL,
    consent_id uuid,             -- of the latest entry of the register, as are the next ones
    consent_state text,
    consent_source text,
    consent_at timestamptz,
    added_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE INDEX recipient_of_office ON read.recipient (office_id, added_at DESC, id DESC);
CREATE INDEX recipient_by_id ON read.recipient (office_id, id);
CREATE INDEX recipient_of_subject ON read.recipient (subject_id);
CREATE INDEX recipient_of_person ON read.recipient (person_id) WHERE person_id IS NOT NULL;

CREATE TABLE read.consent (
    id uuid PRIMARY KEY,
    recipient_id uuid NOT NULL,
    state text NOT NULL,
    source text NOT NULL,
    at timestamptz NOT NULL,
    author_id uuid,
    document_id uuid
);
CREATE INDEX consent_of_recipient ON read.consent (recipient_id, at DESC, id);

CREATE TABLE read.batch (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    dossier_id uuid,
    sender_id uuid NOT NULL,
    level text NOT NULL,
    hold_mode text NOT NULL,
    entity text,
    payment_method text,
    print jsonb,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    asked integer NOT NULL,
    check_number integer NOT NULL,
    checked_at timestamptz,
    compatible integer NOT NULL,
    incompatible integer NOT NULL,
    warned integer NOT NULL,
    submission integer NOT NULL,
    submitted_at timestamptz,    -- the last time
    submitted_by uuid,
    rechecked_at timestamptz,    -- the last report that nobody asked for, and what changed before it
    rechecked_for text[] NOT NULL,
    paused text,                 -- why; null while it goes on
    finished_at timestamptz,
    version integer NOT NULL
);
CREATE INDEX batch_of_office ON read.batch (office_id, created_at DESC, id DESC);
CREATE INDEX batch_of_sender ON read.batch (sender_id);
CREATE INDEX batch_of_dossier ON read.batch (dossier_id) WHERE dossier_id IS NOT NULL;
CREATE INDEX batch_open ON read.batch (submitted_at) WHERE submitted_at IS NOT NULL AND finished_at IS NULL;

CREATE TABLE read.letter (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    dossier_id uuid,
    batch_id uuid NOT NULL,
    sender_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    level text NOT NULL,
    hold_mode text NOT NULL,
    entity text,
    payment_method text,
    print jsonb,
    state text NOT NULL,
    subject text,
    dossier_reference text,
    names text[],
    documents jsonb NOT NULL,
    chars integer NOT NULL,
    markup boolean NOT NULL,
    fingerprint text NOT NULL,
    prepared_by uuid NOT NULL,
    prepared_at timestamptz NOT NULL,
    reissued_from uuid,
    successor_id uuid,
    problems text[] NOT NULL,
    warnings text[] NOT NULL,
    rejected boolean NOT NULL,   -- by the provider, not by our check
    queued boolean NOT NULL,     -- asked for, and certainly not at its provider
    ready_at timestamptz,
    started_at timestamptz,      -- of the last submission
    attempt integer NOT NULL,
    sent_name text,              -- of the recipient, as it left; null once erased
    sent_email text,
    provider_ref text,
    accepted_at timestamptz,     -- the date of deposit (A-28)
    notified_at timestamptz,     -- the date of sending
    acknowledged_at timestamptz, -- the date of receipt
    ended_at timestamptz,
    deadline timestamptz,
    near_at timestamptz,
    overdue_at timestamptz,
    said_near boolean NOT NULL,
    said_overdue boolean NOT NULL,
    identity_pending boolean NOT NULL,
    pending text[] NOT NULL,     -- proofs still to be fetched
    price numeric,
    paid_with text,
    attention text,              -- why a person has to look
    retention_ended_at timestamptz,
    destroyed_at timestamptz,    -- its files
    version integer NOT NULL
);
CREATE INDEX letter_of_office ON read.letter (office_id, prepared_at DESC, id DESC);
CREATE INDEX letter_of_dossier ON read.letter (dossier_id, prepared_at DESC, id DESC) WHERE dossier_id IS NOT NULL;
CREATE INDEX letter_of_batch ON read.letter (batch_id, id);
CREATE INDEX letter_to_recipient ON read.letter (recipient_id);
CREATE INDEX letter_about ON read.letter (subject_id);
CREATE INDEX letter_twin ON read.letter (fingerprint, prepared_at);
CREATE INDEX letter_ref ON read.letter (provider_ref) WHERE provider_ref IS NOT NULL;
-- The queues of the workers.
CREATE INDEX letter_ready ON read.letter (batch_id, ready_at) WHERE state = 'ready';
CREATE INDEX letter_under_way ON read.letter (id)
    WHERE provider_ref IS NOT NULL AND state IN ('awaiting-sender-auth', 'in-transit', 'notified');
CREATE INDEX letter_awaiting ON read.letter (office_id, sender_id, id) WHERE state = 'awaiting-sender-auth';
CREATE INDEX letter_in_submission ON read.letter (started_at) WHERE state IN ('submitting', 'submission-unknown');
CREATE INDEX letter_evidence ON read.letter (id) WHERE pending <> '{}';
CREATE INDEX letter_kept ON read.letter (ended_at) WHERE ended_at IS NOT NULL AND retention_ended_at IS NULL;
CREATE INDEX letter_destruction ON read.letter (id) WHERE retention_ended_at IS NOT NULL AND destroyed_at IS NULL;
CREATE INDEX letter_window ON read.letter (near_at, overdue_at) WHERE state = 'notified';

CREATE TABLE read.letter_step (
    id uuid PRIMARY KEY,
    letter_id uuid NOT NULL,
    number integer NOT NULL,     -- of the event in the letter
    name text NOT NULL,
    at timestamptz NOT NULL,
    reconstructed boolean NOT NULL
);
CREATE INDEX letter_step_of_letter ON read.letter_step (letter_id, number);

CREATE TABLE read.recipient_change (
    id uuid PRIMARY KEY,
    letter_id uuid NOT NULL,
    change_id text NOT NULL,
    subject_id uuid NOT NULL,
    last_name text,
    first_name text,
    company text,
    state text NOT NULL,
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    answered_by uuid
);
CREATE INDEX recipient_change_of_letter ON read.recipient_change (letter_id, asked_at, id);
CREATE INDEX recipient_change_about ON read.recipient_change (subject_id);

CREATE TABLE read.evidence (
    id uuid PRIMARY KEY,
    letter_id uuid NOT NULL,
    kind text NOT NULL,
    version_id uuid NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    sha512 text NOT NULL,
    media_type text NOT NULL,
    provider_at timestamptz,
    fetched_at timestamptz NOT NULL,
    seal text NOT NULL,
    host text
);
CREATE INDEX evidence_of_letter ON read.evidence (letter_id, fetched_at, id);

-- Dossiers of which the dossier service said that they are archived.
CREATE TABLE read.archived_dossier (
    id uuid PRIMARY KEY,         -- the dossier's
    noted_as uuid NOT NULL,
    office_id uuid NOT NULL,
    at timestamptz NOT NULL
);

-- Whose key is destroyed. What speaks of such a person is blank at once, and stays so whatever is written later: a
-- process may hold a key in memory for a moment after it was destroyed.
CREATE TABLE read.erased_person (
    id uuid PRIMARY KEY
);

CREATE FUNCTION read.blank_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE read.recipient SET last_name = NULL, first_name = NULL, company = NULL, email = NULL, email_folded = NULL,
        postal = NULL, searched = '' WHERE subject_id = NEW.id;
    UPDATE read.letter SET sent_name = NULL, sent_email = NULL WHERE subject_id = NEW.id;
    UPDATE read.recipient_change SET last_name = NULL, first_name = NULL, company = NULL WHERE subject_id = NEW.id;
    UPDATE read.sender SET account_email = NULL WHERE holder_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER blank_person AFTER INSERT ON read.erased_person FOR EACH ROW EXECUTE FUNCTION read.blank_person();

CREATE FUNCTION read.keep_no_recipient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM read.erased_person WHERE id = NEW.subject_id) THEN
        NEW.last_name := NULL;
        NEW.first_name := NULL;
        NEW.company := NULL;
        NEW.email := NULL;
        NEW.email_folded := NULL;
        NEW.postal := NULL;
        NEW.searched := '';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_no_recipient BEFORE INSERT OR UPDATE OF last_name, email ON read.recipient
    FOR EACH ROW EXECUTE FUNCTION read.keep_no_recipient();

CREATE FUNCTION read.keep_no_addressee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM read.erased_person WHERE id = NEW.subject_id) THEN
        NEW.sent_name := NULL;
        NEW.sent_email := NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_no_addressee BEFORE UPDATE OF sent_name, sent_email ON read.letter
    FOR EACH ROW WHEN (NEW.sent_email IS NOT NULL) EXECUTE FUNCTION read.keep_no_addressee();

CREATE FUNCTION read.keep_no_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM read.erased_person WHERE id = NEW.subject_id) THEN
        NEW.last_name := NULL;
        NEW.first_name := NULL;
        NEW.company := NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_no_change BEFORE INSERT ON read.recipient_change
    FOR EACH ROW EXECUTE FUNCTION read.keep_no_change();

-- Statistics keep samples of values, where no erasure finds them: none are taken of what says who somebody is.
ALTER TABLE read.sender
    ALTER COLUMN account_email SET STATISTICS 0,
    ALTER COLUMN account SET STATISTICS 0;
ALTER TABLE read.recipient
    ALTER COLUMN last_name SET STATISTICS 0,
    ALTER COLUMN first_name SET STATISTICS 0,
    ALTER COLUMN company SET STATISTICS 0,
    ALTER COLUMN email SET STATISTICS 0,
    ALTER COLUMN email_folded SET STATISTICS 0,
    ALTER COLUMN postal SET STATISTICS 0,
    ALTER COLUMN searched SET STATISTICS 0;
ALTER TABLE read.letter
    ALTER COLUMN sent_name SET STATISTICS 0,
    ALTER COLUMN sent_email SET STATISTICS 0;
ALTER TABLE read.recipient_change
    ALTER COLUMN last_name SET STATISTICS 0,
    ALTER COLUMN first_name SET STATISTICS 0,
    ALTER COLUMN company SET STATISTICS 0;
