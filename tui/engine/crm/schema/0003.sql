-- Who changed what, when, from what to what (crm/history.py). last_id: the entry speaks of all from entity_id to it.

CREATE TABLE history (
  id INTEGER PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  entity TEXT NOT NULL,
  entity_id BIGINT NOT NULL,
  last_id BIGINT,
  field TEXT NOT NULL,
  old_value TEXT NOT NULL DEFAULT '',
  new_value TEXT NOT NULL DEFAULT ''
);
CREATE INDEX history_entity ON history (entity, entity_id, at);
CREATE INDEX history_many ON history (entity, last_id) WHERE last_id IS NOT NULL;
