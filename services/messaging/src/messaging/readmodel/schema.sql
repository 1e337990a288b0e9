CREATE TABLE read.notification (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    office_id uuid,
    dossier_id uuid,
    request_id uuid,
    letter_id uuid,
    channel text NOT NULL,
    template text NOT NULL,
    state text NOT NULL,
    cause text,
    queued_at timestamptz NOT NULL,
    settled_at timestamptz,
    read_at timestamptz
);
CREATE INDEX notification_person ON read.notification (person_id, queued_at DESC, id DESC) WHERE channel = 'in-app';
CREATE INDEX notification_due ON read.notification (queued_at) WHERE channel = 'email' AND state = 'queued';
CREATE INDEX notification_dossier ON read.notification (dossier_id, queued_at DESC, id DESC) WHERE channel = 'email';
