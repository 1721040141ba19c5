-- The CRM. Written for SQLite >= 3.37; crm/db.py turns the few types that PostgreSQL >= 13 names otherwise.
-- Times are seconds since the epoch in UTC, money is minor units, `key` is the folded name that references compare.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE organizations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  website TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE UNIQUE INDEX organizations_key ON organizations (key) WHERE deleted_at IS NULL;

CREATE TABLE persons (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  organization_id BIGINT REFERENCES organizations (id),
  title TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  merged_into BIGINT REFERENCES persons (id),
  deleted_at BIGINT
);
CREATE INDEX persons_key ON persons (key) WHERE deleted_at IS NULL;
CREATE INDEX persons_organization ON persons (organization_id);

-- One address belongs to one living person; a deleted person's addresses stay with live = 0, for undo.
CREATE TABLE person_emails (
  id INTEGER PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons (id),
  address TEXT NOT NULL,
  norm TEXT NOT NULL,
  position BIGINT NOT NULL DEFAULT 0,
  live BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX person_emails_norm ON person_emails (norm) WHERE live = 1;
CREATE INDEX person_emails_person ON person_emails (person_id);

CREATE TABLE person_phones (
  id INTEGER PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons (id),
  phone TEXT NOT NULL,
  position BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX person_phones_person ON person_phones (person_id);

CREATE TABLE tags (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE
);

CREATE TABLE person_tags (
  person_id BIGINT NOT NULL REFERENCES persons (id),
  tag_id BIGINT NOT NULL REFERENCES tags (id),
  PRIMARY KEY (person_id, tag_id)
);

CREATE TABLE pipelines (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  position BIGINT NOT NULL DEFAULT 0,
  archived BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE stages (
  id INTEGER PRIMARY KEY,
  pipeline_id BIGINT NOT NULL REFERENCES pipelines (id),
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  position BIGINT NOT NULL DEFAULT 0,
  probability BIGINT NOT NULL DEFAULT 0 CHECK (probability BETWEEN 0 AND 100),
  archived BIGINT NOT NULL DEFAULT 0,
  UNIQUE (pipeline_id, key)
);

CREATE TABLE deals (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  key TEXT NOT NULL,
  pipeline_id BIGINT NOT NULL REFERENCES pipelines (id),
  stage_id BIGINT NOT NULL REFERENCES stages (id),
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'won', 'lost')),
  value BIGINT NOT NULL DEFAULT 0,
  currency TEXT NOT NULL DEFAULT 'EUR',
  organization_id BIGINT REFERENCES organizations (id),
  owner TEXT NOT NULL DEFAULT '',
  expected_close TEXT,
  lost_reason TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  stage_entered_at BIGINT NOT NULL,
  closed_at BIGINT,
  deleted_at BIGINT
);
CREATE INDEX deals_key ON deals (key) WHERE deleted_at IS NULL;
CREATE INDEX deals_open ON deals (pipeline_id, stage_id) WHERE status = 'open' AND deleted_at IS NULL;
CREATE INDEX deals_organization ON deals (organization_id);

CREATE TABLE deal_persons (
  deal_id BIGINT NOT NULL REFERENCES deals (id),
  person_id BIGINT NOT NULL REFERENCES persons (id),
  role TEXT NOT NULL DEFAULT '',
  position BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (deal_id, person_id)
);
CREATE INDEX deal_persons_person ON deal_persons (person_id);

CREATE TABLE deal_events (
  id INTEGER PRIMARY KEY,
  deal_id BIGINT NOT NULL REFERENCES deals (id),
  at BIGINT NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL,
  old_value TEXT NOT NULL DEFAULT '',
  new_value TEXT NOT NULL DEFAULT ''
);
CREATE INDEX deal_events_deal ON deal_events (deal_id, at);

CREATE TABLE activities (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL DEFAULT 'task',
  subject TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  all_day BIGINT NOT NULL DEFAULT 1,
  done_at BIGINT,
  deal_id BIGINT REFERENCES deals (id),
  person_id BIGINT REFERENCES persons (id),
  message_id TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX activities_due ON activities (due_at) WHERE done_at IS NULL AND deleted_at IS NULL;
CREATE INDEX activities_deal ON activities (deal_id);
CREATE INDEX activities_person ON activities (person_id);

CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  deal_id BIGINT REFERENCES deals (id),
  person_id BIGINT REFERENCES persons (id),
  organization_id BIGINT REFERENCES organizations (id),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);
CREATE INDEX notes_deal ON notes (deal_id);
CREATE INDEX notes_person ON notes (person_id);

-- Only messages that carry a link are here, whole; the last link gone, the row goes too (crm/publish.py).
CREATE TABLE mails (
  id INTEGER PRIMARY KEY,
  identity TEXT NOT NULL UNIQUE,
  message_id TEXT NOT NULL DEFAULT '',
  mailbox TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  date BIGINT NOT NULL,
  sender TEXT NOT NULL DEFAULT '',
  recipients TEXT NOT NULL DEFAULT '[]',
  copies TEXT NOT NULL DEFAULT '[]',
  subject TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL DEFAULT '',
  raw BLOB,
  attachments BIGINT NOT NULL DEFAULT 0,
  published_at BIGINT NOT NULL
);
CREATE INDEX mails_message_id ON mails (message_id);

CREATE TABLE mail_persons (
  mail_id BIGINT NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
  person_id BIGINT NOT NULL REFERENCES persons (id),
  origin TEXT NOT NULL,
  owner_only BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (mail_id, person_id)
);
CREATE INDEX mail_persons_person ON mail_persons (person_id);

CREATE TABLE mail_deals (
  mail_id BIGINT NOT NULL REFERENCES mails (id) ON DELETE CASCADE,
  deal_id BIGINT NOT NULL REFERENCES deals (id),
  origin TEXT NOT NULL,
  owner_only BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (mail_id, deal_id)
);
CREATE INDEX mail_deals_deal ON mail_deals (deal_id);
