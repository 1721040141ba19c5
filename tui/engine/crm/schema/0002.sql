-- What points at people, organizations and tags is found without reading whole tables when one of these goes.

CREATE INDEX persons_merged_into ON persons (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX person_tags_tag ON person_tags (tag_id);
CREATE INDEX notes_organization ON notes (organization_id) WHERE organization_id IS NOT NULL;
