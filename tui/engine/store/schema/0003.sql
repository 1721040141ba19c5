-- When each folder was last compared with the server UID by UID, under which id the server knows it, and what a person
-- wants left as it is although the server has it otherwise.

ALTER TABLE folders ADD COLUMN proved_at INTEGER;                 -- NULL never, 0 to be compared in the next pass
ALTER TABLE folders ADD COLUMN mailbox_id TEXT NOT NULL DEFAULT '';  -- MAILBOXID (RFC 8474), '' where there is none

CREATE TABLE left_alone (
    message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
    state      TEXT NOT NULL                 -- what the server had when the person said so; another state is asked anew
);
