-- What is told in one e-mail is settled before its first attempt, so that each attempt tells the same.
ALTER TABLE messaging.attempt ADD COLUMN mail_id uuid, ADD COLUMN put_off boolean NOT NULL DEFAULT false;
UPDATE messaging.attempt SET mail_id = notification_id;
ALTER TABLE messaging.attempt ALTER COLUMN mail_id SET NOT NULL;
CREATE INDEX attempt_of_mail ON messaging.attempt (mail_id);
CREATE INDEX attempt_due ON messaging.attempt (not_before);
