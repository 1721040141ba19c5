-- What is asked for each message, or for each batch of them, is found without reading a whole table: the placements of
-- a message, those that are gone too; its links; what lost its place lately; the bodies that are still to come.

DROP INDEX placements_by_message;
CREATE INDEX placements_by_message ON placements (message_id);
CREATE INDEX placements_gone ON placements (gone_at) WHERE gone_at IS NOT NULL;
CREATE INDEX links_by_message ON links (message_id);
DROP INDEX messages_without_body;
CREATE INDEX messages_without_body ON messages (account_id, date DESC, folder_id) WHERE body_state = 'header' AND gone = 0;
