-- The mailbox: everything that was downloaded, private to the person whose machine this is on.

CREATE TABLE accounts (
    id        INTEGER PRIMARY KEY,
    email     TEXT NOT NULL UNIQUE,
    settings  TEXT NOT NULL,                 -- JSON: servers, user, aliases, window; never a secret
    learned   TEXT NOT NULL DEFAULT '{}',    -- JSON: what this provider does (files its own Sent copy, …)
    state     TEXT NOT NULL DEFAULT 'offline',
    error     TEXT NOT NULL DEFAULT '',
    synced_at INTEGER,
    created   INTEGER NOT NULL
);

CREATE TABLE folders (
    id            INTEGER PRIMARY KEY,
    account_id    INTEGER NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    wire          TEXT NOT NULL,             -- the exact name on the wire
    name          TEXT NOT NULL,             -- the same for people, cleaned
    delimiter     TEXT NOT NULL DEFAULT '/',
    role          TEXT NOT NULL DEFAULT '',
    selected      INTEGER NOT NULL DEFAULT 0,
    selectable    INTEGER NOT NULL DEFAULT 1,
    on_server     INTEGER NOT NULL DEFAULT 1,
    uidvalidity   INTEGER,
    uidnext       INTEGER,
    highestmodseq INTEGER,
    messages      INTEGER,                   -- as the server counts
    expected      INTEGER NOT NULL DEFAULT 0,-- in the window, on the server
    complete      INTEGER NOT NULL DEFAULT 0,-- the window's headers are all here
    since         INTEGER,                   -- the window that `complete` speaks of
    synced_at     INTEGER,
    error         TEXT NOT NULL DEFAULT '',
    UNIQUE (account_id, wire)
);

CREATE TABLE messages (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: what can be undone names messages
    identity    TEXT NOT NULL UNIQUE,        -- R7, R8
    header_key  TEXT NOT NULL,               -- equal for what may be the same mail; bodies then decide
    message_id  TEXT NOT NULL DEFAULT '',
    thread_id   INTEGER NOT NULL,
    account_id  INTEGER REFERENCES accounts(id) ON DELETE SET NULL,  -- NULL: kept for a deal after its account went (R44)
    folder_id   INTEGER REFERENCES folders(id) ON DELETE SET NULL,   -- the local folder
    direction   TEXT NOT NULL,
    date        INTEGER NOT NULL,
    received    INTEGER,                     -- INTERNALDATE
    from_name   TEXT NOT NULL,
    from_email  TEXT NOT NULL,
    recipients  TEXT NOT NULL,               -- JSON {"to": [[name, email]…], "cc": …, "bcc": …, "reply_to": …}
    subject     TEXT NOT NULL,
    preview     TEXT NOT NULL DEFAULT '',
    size        INTEGER NOT NULL DEFAULT 0,
    guid        TEXT NOT NULL DEFAULT '',
    seen        INTEGER NOT NULL DEFAULT 0,
    flagged     INTEGER NOT NULL DEFAULT 0,
    answered    INTEGER NOT NULL DEFAULT 0,
    forwarded   INTEGER NOT NULL DEFAULT 0,
    attachments INTEGER NOT NULL DEFAULT 0,
    body_state  TEXT NOT NULL DEFAULT 'header',  -- header, full, raw (could not be parsed, R43), none (never had a server copy to read)
    private     INTEGER NOT NULL DEFAULT 0,
    link_state  TEXT NOT NULL DEFAULT 'none',
    gone        INTEGER NOT NULL DEFAULT 0,  -- deleted for ever here; kept until the server has done it too
    ingested_at INTEGER NOT NULL,
    publish     TEXT NOT NULL DEFAULT ''     -- '' not in the CRM, due: the CRM must be told, telling: it is being told, done: it knows
);
CREATE INDEX messages_by_folder ON messages (folder_id, date DESC, id DESC) WHERE gone = 0;
CREATE INDEX messages_by_thread ON messages (thread_id);
CREATE INDEX messages_by_header ON messages (header_key);
CREATE INDEX messages_by_message_id ON messages (message_id) WHERE message_id <> '';
CREATE INDEX messages_by_account ON messages (account_id);
CREATE INDEX messages_by_date ON messages (date DESC, id DESC) WHERE gone = 0;
CREATE INDEX messages_needing_deal ON messages (date DESC, id DESC) WHERE link_state = 'needs_deal' AND gone = 0;
CREATE INDEX messages_unseen ON messages (folder_id) WHERE seen = 0 AND gone = 0;
CREATE INDEX messages_without_body ON messages (account_id, date DESC) WHERE body_state = 'header' AND gone = 0;

CREATE INDEX messages_to_publish ON messages (id) WHERE publish IN ('due', 'telling');

CREATE TABLE sources (
    message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
    raw        BLOB NOT NULL                 -- byte for byte
);

CREATE TABLE texts (                         -- derived from the source; can be derived again
    message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
    text       TEXT NOT NULL,
    parts      TEXT NOT NULL DEFAULT '[]'    -- JSON [[part, name, type, size]…]
);

CREATE VIRTUAL TABLE search USING fts5 (
    subject, people, text, content='', detail=full, tokenize="unicode61 remove_diacritics 2"
);

CREATE TABLE placements (
    id          INTEGER PRIMARY KEY,
    message_id  INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
    folder_id   INTEGER NOT NULL REFERENCES folders(id) ON DELETE CASCADE,
    uidvalidity INTEGER NOT NULL,
    uid         INTEGER NOT NULL,
    origin      TEXT NOT NULL DEFAULT 'sync',  -- sync, append, move
    flags       TEXT NOT NULL DEFAULT '',      -- as the server last told, sorted, space between
    missing     INTEGER NOT NULL DEFAULT 0,    -- vanished once; gone when still missing a cycle later
    gone_at     INTEGER,
    UNIQUE (folder_id, uidvalidity, uid)
);
CREATE INDEX placements_by_message ON placements (message_id) WHERE gone_at IS NULL;

CREATE TABLE failures (                      -- what could not be taken from the server, so that verify adds up (R47)
    folder_id   INTEGER NOT NULL REFERENCES folders(id) ON DELETE CASCADE,
    uidvalidity INTEGER NOT NULL,
    uid         INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    PRIMARY KEY (folder_id, uidvalidity, uid)
);

CREATE TABLE thread_keys (                   -- Message-IDs seen in Message-ID, In-Reply-To, References -> thread
    key       TEXT PRIMARY KEY,
    thread_id INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX thread_keys_by_thread ON thread_keys (thread_id);

CREATE TABLE known (                         -- once ingested, no longer here: rules never run on it again (R46)
    header_key  TEXT PRIMARY KEY,
    ingested_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE decisions (                     -- what the rules said at ingest, for ever (R19)
    message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    rule       TEXT NOT NULL,
    result     TEXT NOT NULL,
    reason     TEXT NOT NULL,
    origin     TEXT NOT NULL,
    matched    TEXT NOT NULL,                -- JSON [[address, person_id, name]…]
    open_deals TEXT NOT NULL,                -- JSON [[id, title, stage, status]…]
    suggested  TEXT NOT NULL DEFAULT '[]'    -- JSON [deal id…]
);

CREATE TABLE links (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
    person_id  INTEGER,
    deal_id    INTEGER,
    origin     TEXT NOT NULL,                -- auto, thread, manual, compose
    owner_only INTEGER NOT NULL DEFAULT 0,   -- a Bcc match: for the mailbox owner alone
    created    INTEGER NOT NULL,
    removed_at INTEGER,                      -- a tombstone: the person said no (R23)
    CHECK ((person_id IS NULL) <> (deal_id IS NULL))
);
CREATE UNIQUE INDEX links_person ON links (message_id, person_id) WHERE person_id IS NOT NULL;
CREATE UNIQUE INDEX links_deal ON links (message_id, deal_id) WHERE deal_id IS NOT NULL;
CREATE INDEX links_by_deal ON links (deal_id) WHERE deal_id IS NOT NULL;
CREATE INDEX links_by_person ON links (person_id) WHERE person_id IS NOT NULL;

CREATE TABLE thread_choices (                -- "always this deal for this thread"
    thread_id INTEGER PRIMARY KEY,
    deal_id   INTEGER NOT NULL
);
CREATE TABLE private_threads (thread_id INTEGER PRIMARY KEY);
CREATE TABLE never_link (pattern TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE actions (                       -- one thing that a person did; what u takes back
    id      INTEGER PRIMARY KEY,
    title   TEXT NOT NULL,
    command TEXT NOT NULL,                   -- JSON, to do it again (redo)
    before  TEXT NOT NULL,                   -- JSON, to take it back
    created INTEGER NOT NULL,
    undone  INTEGER                          -- when it was taken back
);

CREATE TABLE operations (                    -- what is still to reach a server, in order
    id         INTEGER PRIMARY KEY,
    action_id  INTEGER NOT NULL REFERENCES actions(id),
    account_id INTEGER NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,                -- move copy delete flag send append
    message_id INTEGER REFERENCES messages(id) ON DELETE SET NULL,
    payload    TEXT NOT NULL,                -- JSON, what to do
    progress   TEXT NOT NULL DEFAULT '{}',   -- JSON, committed before an act whose outcome a crash could hide
    state      TEXT NOT NULL DEFAULT 'queued',
    attempts   INTEGER NOT NULL DEFAULT 0,
    error      TEXT NOT NULL DEFAULT '',
    created    INTEGER NOT NULL,
    next_try   INTEGER
);
CREATE INDEX operations_open ON operations (account_id, id) WHERE state IN ('queued', 'running');
CREATE INDEX operations_by_message ON operations (message_id, state);
CREATE INDEX operations_by_action ON operations (action_id);
