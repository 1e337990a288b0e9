-- Every stored version of a document; dropped and rebuilt from the events.
CREATE TABLE read.document (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    dossier_id uuid NOT NULL,
    request_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    size bigint NOT NULL,
    media_type text NOT NULL,
    sha256 text NOT NULL,
    manifest_sha256 text NOT NULL,
    object_key text NOT NULL,
    name text,
    stored_at timestamptz NOT NULL
);
