-- Links are written for each message and looked for by message: one index finds them and keeps them single. Who is linked
-- to a person or a deal is only asked when they are deleted, and then all links are looked through.

DROP INDEX links_person;
DROP INDEX links_deal;
DROP INDEX links_by_message;
DROP INDEX links_by_deal;
DROP INDEX links_by_person;
CREATE UNIQUE INDEX links_of_message ON links (message_id, ifnull(person_id, 0), ifnull(deal_id, 0));
