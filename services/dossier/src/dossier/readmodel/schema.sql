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
    requested_at timestamptz NOT NULL
);
-- Two colleagues who ask for the same document at the same moment ask once. Nothing ever comes back to `asked`.
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
CREATE INDEX document_version_waiting ON read.document_version (dossier_id) WHERE state = 'deposited';

CREATE TABLE read.preset (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    deed_type text NOT NULL,
    documents text[] NOT NULL
);
CREATE INDEX preset_of_office ON read.preset (office_id);
