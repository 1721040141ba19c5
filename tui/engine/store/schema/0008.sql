-- Drafts that were written here: beside the message in Drafts what its source can't say (its deal, its time, half an
-- address), as JSON.

CREATE TABLE drafts (
    message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
    written    TEXT NOT NULL
);
