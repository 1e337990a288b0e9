-- Every stored version of a document; dropped and rebuilt from the events.
CREATE TABLE read.document (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    dossier_id uuid,       -- null for a letter outside dossiers
    request_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    size bigint NOT NULL,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    manifest_sha256 text NOT NULL,
    object_key text NOT NULL,
    name text,             -- null once its owner was erased
    stored_at timestamptz NOT NULL,
    issuer text NOT NULL,
    legal_hold boolean NOT NULL,
    scan text,             -- what a scanner said; null until one has looked at it
    scanner text,
    scan_cause text,       -- why it was not scanned
    copy_of uuid           -- the picture that it is a PDF of
);
CREATE INDEX document_picture ON read.document (stored_at) WHERE media_type LIKE 'image/%';
CREATE UNIQUE INDEX document_copy ON read.document (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX document_unscanned ON read.document (stored_at) WHERE scan IS NULL OR scan = 'not-scanned';
CREATE INDEX document_of_owner ON read.document (owner_id);

-- Whose key is destroyed. The names of such a person's files are blank at once, and stay so whatever is written later: a
-- process may hold a key in memory for a moment after it was destroyed.
CREATE TABLE read.erased_person (
    id uuid PRIMARY KEY
);

CREATE FUNCTION read.blank_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE read.document SET name = NULL WHERE owner_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER blank_person AFTER INSERT ON read.erased_person FOR EACH ROW EXECUTE FUNCTION read.blank_person();

CREATE FUNCTION read.keep_no_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM read.erased_person WHERE id = NEW.owner_id) THEN
        NEW.name := NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_no_name BEFORE INSERT ON read.document
    FOR EACH ROW WHEN (NEW.name IS NOT NULL) EXECUTE FUNCTION read.keep_no_name();

-- Statistics keep samples of values, where no erasure finds them: none are taken of what says who somebody is.
ALTER TABLE read.document
    ALTER COLUMN name SET STATISTICS 0;
