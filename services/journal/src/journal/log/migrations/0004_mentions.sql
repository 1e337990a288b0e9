-- Who and which document an event is about, as its service publishes it: found by, never proven by. It may be emptied
-- (both tables) at any time, and is then filled again from the services.
CREATE TABLE journal.mention (
    subject uuid NOT NULL,
    svc text NOT NULL,
    agg uuid NOT NULL,
    store_seq bigint NOT NULL,  -- the event that says it; 0 where the whole aggregate is about the subject
    PRIMARY KEY (subject, svc, agg, store_seq)
);
CREATE TABLE journal.mentioned (
    svc text PRIMARY KEY,
    store_seq bigint NOT NULL  -- the last number that was looked through
);
