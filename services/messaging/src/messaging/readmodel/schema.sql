CREATE TABLE read.notification (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    office_id uuid,
    dossier_id uuid,
    request_id uuid,
    letter_id uuid,
    about_id uuid,   -- the client, when somebody of the office is told
    channel text NOT NULL,
    template text NOT NULL,
    state text NOT NULL,
    cause text,
    queued_at timestamptz NOT NULL,
    settled_at timestamptz,
    envelope_id uuid,   -- what reports name it by
    reported_at timestamptz,
    read_at timestamptz
);
CREATE INDEX notification_person ON read.notification (person_id, queued_at DESC, id DESC) WHERE channel = 'in-app';
CREATE INDEX notification_due ON read.notification (queued_at) WHERE channel = 'email' AND state = 'queued';
CREATE INDEX notification_dossier ON read.notification (dossier_id, queued_at DESC, id DESC) WHERE channel = 'email';
CREATE INDEX notification_told ON read.notification (person_id, settled_at) WHERE envelope_id IS NOT NULL;
CREATE INDEX notification_bounced ON read.notification (reported_at) WHERE state = 'bounced';
CREATE INDEX notification_envelope ON read.notification (envelope_id) WHERE envelope_id IS NOT NULL;

CREATE TABLE read.deadline (
    id uuid PRIMARY KEY,
    office_id uuid NOT NULL,
    client_id uuid NOT NULL,
    due_on date NOT NULL,
    noted_at timestamptz NOT NULL,
    reached integer   -- the latest reminder dealt with, in days from due_on
);
CREATE INDEX deadline_by_day ON read.deadline (due_on);

CREATE TABLE read.reminders (
    id uuid PRIMARY KEY,   -- the office
    days integer[] NOT NULL
);

CREATE TABLE read.erased_person (
    id uuid PRIMARY KEY
);
