-- How often each queued e-mail was tried; not events, because an attempt in vain changes nothing for anybody.
CREATE SCHEMA messaging;
CREATE TABLE messaging.attempt (
    notification_id uuid PRIMARY KEY,
    attempts integer NOT NULL,
    not_before timestamptz NOT NULL
);
