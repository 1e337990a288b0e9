-- Withdrawn versions whose bytes the vault has destroyed: work that is done. Without this table it would be done again.
CREATE SCHEMA dossier;

CREATE TABLE dossier.destroyed (
    version_id uuid PRIMARY KEY
);
