-- A mail that left is known again by its content, not by its header alone: another mail may have the very same header.

CREATE TABLE departed (                      -- once ingested, no longer here: rules never run on it again (R46)
    header_key TEXT NOT NULL,
    content    TEXT NOT NULL,                -- what its text and attachments digest to; '' not known: the header decides
    identity   TEXT NOT NULL,                -- under which it was here, and still is in the deals that keep it (R37)
    PRIMARY KEY (header_key, content)
) WITHOUT ROWID;
INSERT INTO departed (header_key, content, identity) SELECT header_key, '', header_key FROM known;
DROP TABLE known;

-- What vanished in this pass waits for its end: a message that turns up in another folder was moved (R30).

CREATE INDEX placements_missing ON placements (message_id) WHERE missing = 1;

-- The CRM is another database: by its token a change of it that is in the journal already is not written down again.

ALTER TABLE actions ADD COLUMN token TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX actions_by_token ON actions (token) WHERE token <> '';
