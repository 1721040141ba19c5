-- Hidden messages are few, and looked for whenever the mailbox is opened.

CREATE INDEX messages_hidden ON messages (id) WHERE gone = 1;
