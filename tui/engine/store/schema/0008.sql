-- Drafts that were written here: beside the message in Drafts what its source can't say (its deal, its time, half an
-- address), as JSON.

CREATE TABLE drafts (
    message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
    written    TEXT NOT NULL
);

CREATE TABLE automatic (                     -- what no person wrote: out-of-office answers, delivery reports
    message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE
);
