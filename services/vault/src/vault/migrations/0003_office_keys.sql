-- A rotation looks for what former keys of an office still wrap.
CREATE INDEX data_key_of_office ON vault.data_key (office_id, office_key, object_key);
