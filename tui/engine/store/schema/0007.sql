-- What a source says that a list or a person's page has to know: who found that it fails its domain's DMARC, and for
-- whom delivery failed. Both are kept when a body is stored; what was stored before is looked through once.

ALTER TABLE messages ADD COLUMN dmarc_failed TEXT NOT NULL DEFAULT '';  -- the server that says so, '' where none does
CREATE INDEX messages_dmarc_failed ON messages (account_id) WHERE dmarc_failed <> '';

CREATE TABLE deliveries (                    -- what delivery reports said; kept when the report itself is deleted
    address    TEXT NOT NULL,                -- normalised
    message_id INTEGER NOT NULL,             -- the report
    at         INTEGER NOT NULL,
    action     TEXT NOT NULL,                -- failed, delivered, relayed (RFC 3464)
    why        TEXT NOT NULL,
    returned   TEXT NOT NULL,                -- Message-ID of what it is about: believed only where that was sent from here
    PRIMARY KEY (address, message_id)
) WITHOUT ROWID;

CREATE TABLE to_examine (message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE);
INSERT INTO to_examine
    SELECT m.id FROM messages m JOIN texts t ON t.message_id = m.id WHERE m.direction = 'in'
    AND (m.from_email LIKE 'mailer-daemon@%' OR m.from_email LIKE 'postmaster@%' OR t.parts LIKE '%"message/delivery-status"%');
INSERT OR IGNORE INTO to_examine                -- an impostor of long ago harms nobody; when it is read it is judged anyway
    SELECT m.id FROM messages m JOIN sources s ON s.message_id = m.id
    WHERE m.direction = 'in' AND m.date > CAST(strftime('%s', 'now') AS INTEGER) - 7776000
    AND instr(substr(s.raw, 1, 16000), CAST('dmarc=fail' AS BLOB)) > 0;
