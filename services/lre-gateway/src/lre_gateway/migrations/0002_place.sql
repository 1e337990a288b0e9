-- How far a worker has looked through what happened here. Losing it costs time only; it begins with what happens next.
CREATE TABLE letters.place (
    worker text PRIMARY KEY,
    store_seq bigint NOT NULL
);
INSERT INTO letters.place SELECT 'recheck', store_seq FROM ledger.counter;
