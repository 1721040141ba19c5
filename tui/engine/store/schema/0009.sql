-- What no person wrote: an out of office (RFC 3834), a report on delivery. It answers nothing. It is known when a message
-- is ingested; of what is here already it is looked for where it may matter, and told to the CRM again.

ALTER TABLE messages ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0;
CREATE TEMP TABLE heads AS SELECT message_id, head FROM (
    SELECT message_id, char(10) || lower(CAST(CASE instr(start, X'0D0A0D0A') WHEN 0 THEN start
        ELSE substr(start, 1, instr(start, X'0D0A0D0A')) END AS TEXT)) AS head
    FROM (SELECT s.message_id, substr(s.raw, 1, 16000) AS start FROM messages m JOIN sources s ON s.message_id = m.id
        WHERE m.direction = 'in' AND (m.publish <> '' OR m.date > CAST(strftime('%s', 'now') AS INTEGER) - 7776000
        OR m.thread_id IN (SELECT t.thread_id FROM reminders r JOIN messages t ON t.id = r.message_id))))
    WHERE (instr(head, char(10) || 'auto-submitted:') AND NOT instr(head, char(10) || 'auto-submitted: no')
        AND NOT instr(head, char(10) || 'auto-submitted:no'))
    OR instr(head, char(10) || 'precedence: bulk') OR instr(head, char(10) || 'precedence: junk')
    OR instr(head, char(10) || 'precedence: auto_reply') OR instr(head, char(10) || 'content-type: multipart/report');
UPDATE messages SET automatic = 1, publish = CASE publish WHEN '' THEN '' ELSE 'due' END
    WHERE id IN (SELECT message_id FROM heads) OR from_email LIKE 'mailer-daemon@%' OR from_email LIKE 'postmaster@%';
DROP TABLE heads;
