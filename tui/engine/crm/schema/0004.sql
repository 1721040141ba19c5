-- Tags of deals and organizations, addresses that an organization shares, fields that people declare, what repeats.
-- deals.owner and history.actor are a user's name or address, so that a team's CRM can tell its users apart.

CREATE TABLE deal_tags (
  deal_id BIGINT NOT NULL REFERENCES deals (id),
  tag_id BIGINT NOT NULL REFERENCES tags (id),
  PRIMARY KEY (deal_id, tag_id)
);
CREATE INDEX deal_tags_tag ON deal_tags (tag_id);

CREATE TABLE organization_tags (
  organization_id BIGINT NOT NULL REFERENCES organizations (id),
  tag_id BIGINT NOT NULL REFERENCES tags (id),
  PRIMARY KEY (organization_id, tag_id)
);
CREATE INDEX organization_tags_tag ON organization_tags (tag_id);

-- A shared address is nobody's own: it is never in person_emails too, so no mail is linked by it.
CREATE TABLE organization_emails (
  id INTEGER PRIMARY KEY,
  organization_id BIGINT NOT NULL REFERENCES organizations (id),
  address TEXT NOT NULL,
  norm TEXT NOT NULL,
  position BIGINT NOT NULL DEFAULT 0,
  live BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX organization_emails_norm ON organization_emails (norm) WHERE live = 1;
CREATE INDEX organization_emails_organization ON organization_emails (organization_id);

-- key is the name as columns of files are compared; choices is a JSON array of texts.
CREATE TABLE fields (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'organization', 'deal')),
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('text', 'number', 'money', 'date', 'choice')),
  choices TEXT NOT NULL DEFAULT '[]',
  position BIGINT NOT NULL DEFAULT 0,
  deleted_at BIGINT
);
CREATE UNIQUE INDEX fields_key ON fields (kind, key) WHERE deleted_at IS NULL;

CREATE TABLE person_fields (
  person_id BIGINT NOT NULL REFERENCES persons (id),
  field_id BIGINT NOT NULL REFERENCES fields (id),
  value TEXT NOT NULL,
  PRIMARY KEY (person_id, field_id)
);
CREATE INDEX person_fields_field ON person_fields (field_id);

CREATE TABLE organization_fields (
  organization_id BIGINT NOT NULL REFERENCES organizations (id),
  field_id BIGINT NOT NULL REFERENCES fields (id),
  value TEXT NOT NULL,
  PRIMARY KEY (organization_id, field_id)
);
CREATE INDEX organization_fields_field ON organization_fields (field_id);

CREATE TABLE deal_fields (
  deal_id BIGINT NOT NULL REFERENCES deals (id),
  field_id BIGINT NOT NULL REFERENCES fields (id),
  value TEXT NOT NULL,
  PRIMARY KEY (deal_id, field_id)
);
CREATE INDEX deal_fields_field ON deal_fields (field_id);

-- repeat is written as crm/repeating.py shows it; repeat_from is when the first of the row was due.
ALTER TABLE activities ADD COLUMN repeat TEXT NOT NULL DEFAULT '';
ALTER TABLE activities ADD COLUMN repeat_from BIGINT;
