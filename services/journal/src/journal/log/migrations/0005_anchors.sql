-- Public anchors: OpenTimestamps proofs of the signed states that closed a day.

-- A proof waits for its block until `height`, the lowest that attests it, is there; `proved` is the order in which that came.
CREATE SEQUENCE journal.anchor_proved;
CREATE TABLE journal.anchor (
    size bigint PRIMARY KEY REFERENCES journal.checkpoint,
    proof bytea NOT NULL,
    height bigint,
    proved bigint UNIQUE,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    proved_at timestamptz,
    CONSTRAINT proved_by_a_block CHECK ((height IS NULL) = (proved IS NULL) AND (height IS NULL) = (proved_at IS NULL))
);
CREATE INDEX anchor_waiting ON journal.anchor (size) WHERE height IS NULL;

CREATE TRIGGER never_changed_once_proved BEFORE UPDATE ON journal.anchor
    FOR EACH ROW WHEN (old.height IS NOT NULL OR old.size <> new.size OR old.asked_at <> new.asked_at)
    EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON journal.anchor
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
