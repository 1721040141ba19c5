-- What no person wrote: an out of office, a report on delivery. It answers nothing (crm/waiting.py). Beside the mails and
-- not a column of theirs, which would lie behind their sources. What was published before is told again by its mailbox.

CREATE TABLE automatic_mails (
  mail_id BIGINT PRIMARY KEY REFERENCES mails (id) ON DELETE CASCADE
);
INSERT INTO automatic_mails (mail_id) SELECT id FROM mails
  WHERE lower(sender) LIKE '%"mailer-daemon@%' OR lower(sender) LIKE '%"postmaster@%';
