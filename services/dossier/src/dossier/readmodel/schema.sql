-- The read model of dossier: dropped and made again from the events at any time.

CREATE TABLE read.dossier (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    number text NOT NULL,
    number_folded text NOT NULL,   -- the number as it is compared
    title text,          -- null once erased
    note text,           -- for the office's colleagues, never shown to clients
    deed_type text NOT NULL,
    whole_office boolean NOT NULL,
    member_ids uuid[] NOT NULL,
    opened_by uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    archived_at timestamptz,
    completed_at timestamptz,   -- null again when more is asked for
    version integer NOT NULL,
    CONSTRAINT dossier_number UNIQUE (office_id, number_folded)
);
CREATE INDEX dossier_by_age ON read.dossier (office_id, opened_at DESC, id DESC);

CREATE TABLE read.dossier_client (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    client_id uuid NOT NULL,
    added_at timestamptz NOT NULL
);
CREATE INDEX dossier_client_of_dossier ON read.dossier_client (dossier_id);
CREATE INDEX dossier_client_of_client ON read.dossier_client (client_id);

CREATE TABLE read.document_request (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    client_id uuid NOT NULL,
    document_type text,
    label text,          -- null once erased
    folded text,         -- the label as it is compared
    batch_id uuid,       -- null for a document sent unasked
    state text NOT NULL,
    due_on date,         -- null when it is expected at any time
    requested_at timestamptz NOT NULL
);
-- Two colleagues who ask for the same document at the same moment ask once. Only a file that its client takes back
-- leads back to `asked`, and while it was there the document could not be asked for again.
CREATE UNIQUE INDEX document_asked_once ON read.document_request (dossier_id, client_id, folded)
    WHERE state = 'asked' AND batch_id IS NOT NULL;
CREATE INDEX document_request_of_dossier ON read.document_request (dossier_id, requested_at, id);

CREATE TABLE read.document_version (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL,
    dossier_id uuid NOT NULL,
    state text NOT NULL,
    size bigint NOT NULL,
    media_type text NOT NULL,
    replaces uuid,
    deposited_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by uuid,
    reason text          -- of a refusal; null once erased
);
CREATE INDEX document_version_of_request ON read.document_version (request_id, deposited_at);
CREATE INDEX document_version_withdrawn ON read.document_version (id) WHERE state = 'withdrawn';
CREATE INDEX document_version_waiting ON read.document_version (dossier_id) WHERE state = 'deposited';

-- Whose key is destroyed. What speaks of such a person is blank at once, and stays so whatever is written later: a
-- process may hold a key in memory for a moment after it was destroyed.
CREATE TABLE read.erased_person (
    id uuid PRIMARY KEY
);

CREATE FUNCTION read.blank_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE read.document_version AS version SET reason = NULL
    FROM read.document_request AS request JOIN read.dossier_client AS taking_part USING (dossier_id, client_id)
    WHERE version.request_id = request.id AND taking_part.client_id = NEW.id AND version.reason IS NOT NULL;
    UPDATE read.document_request AS request SET label = NULL, folded = NULL
    FROM read.dossier_client AS taking_part
    WHERE taking_part.client_id = NEW.id
    AND (request.dossier_id, request.client_id) = (taking_part.dossier_id, taking_part.client_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER blank_person AFTER INSERT ON read.erased_person FOR EACH ROW EXECUTE FUNCTION read.blank_person();

CREATE FUNCTION read.keep_no_label() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM read.erased_person WHERE id = NEW.client_id) THEN
        NEW.label := NULL;
        NEW.folded := NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_no_label BEFORE INSERT ON read.document_request
    FOR EACH ROW WHEN (NEW.label IS NOT NULL) EXECUTE FUNCTION read.keep_no_label();

CREATE FUNCTION read.keep_no_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM read.document_request AS request JOIN read.erased_person AS erased ON erased.id = request.client_id
        WHERE request.id = NEW.request_id
    ) THEN
        NEW.reason := NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_no_reason BEFORE UPDATE OF reason ON read.document_version
    FOR EACH ROW WHEN (NEW.reason IS NOT NULL) EXECUTE FUNCTION read.keep_no_reason();

CREATE TABLE read.message (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    client_id uuid NOT NULL,
    side text NOT NULL,          -- who wrote it: client or office
    author_id uuid NOT NULL,
    purpose text NOT NULL,
    batch_id uuid,               -- the documents that were asked for with it
    subject text,                -- null if there is none, and once erased
    text text,                   -- null once erased
    posted_at timestamptz NOT NULL,
    read_at timestamptz,         -- when somebody of the other side first saw it
    read_by uuid
);
CREATE INDEX message_of_conversation ON read.message (dossier_id, client_id, posted_at DESC, id DESC);
CREATE INDEX message_unread ON read.message (dossier_id, side) WHERE read_at IS NULL;
CREATE INDEX message_by_author ON read.message (author_id, posted_at);

CREATE FUNCTION read.keep_no_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM read.erased_person WHERE id = NEW.client_id) THEN
        NEW.subject := NULL;
        NEW.text := NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_no_words BEFORE INSERT ON read.message FOR EACH ROW EXECUTE FUNCTION read.keep_no_words();

CREATE FUNCTION read.blank_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE read.message AS message SET subject = NULL, text = NULL
    FROM read.dossier_client AS taking_part
    WHERE taking_part.client_id = NEW.id
    AND (message.dossier_id, message.client_id) = (taking_part.dossier_id, taking_part.client_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER blank_messages AFTER INSERT ON read.erased_person FOR EACH ROW EXECUTE FUNCTION read.blank_messages();

CREATE TABLE read.preset (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    deed_type text NOT NULL,
    documents text[] NOT NULL,
    label text,                -- null where the office kept the name
    helps text[] NOT NULL      -- one for each document, or none where the office kept them
);
CREATE INDEX preset_of_office ON read.preset (office_id);

CREATE TABLE read.withdrawn_deed_type (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    deed_type text NOT NULL
);
CREATE INDEX withdrawn_deed_type_of_office ON read.withdrawn_deed_type (office_id);

CREATE TABLE read.bank_account (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    name text NOT NULL,
    holder text NOT NULL,
    iban text NOT NULL,
    bic text NOT NULL,
    added_at timestamptz NOT NULL
);
CREATE INDEX bank_account_of_office ON read.bank_account (office_id);

CREATE TABLE read.bank_account_handed (
    id uuid PRIMARY KEY,
    dossier_id uuid NOT NULL,
    client_id uuid NOT NULL,
    account_id uuid NOT NULL   -- shown while it is there
);
CREATE INDEX bank_account_handed_in_dossier ON read.bank_account_handed (dossier_id);

CREATE TABLE read.refusal_reasons (
    id uuid PRIMARY KEY,       -- the office
    reasons text[] NOT NULL
);

-- Statistics keep samples of values, where no erasure finds them: none are taken of what says who somebody is.
ALTER TABLE read.document_request
    ALTER COLUMN label SET STATISTICS 0,
    ALTER COLUMN folded SET STATISTICS 0;
ALTER TABLE read.document_version
    ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE read.message
    ALTER COLUMN subject SET STATISTICS 0,
    ALTER COLUMN text SET STATISTICS 0;
