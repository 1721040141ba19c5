-- "Remind me if nobody answers": about which message, and when. It is over once somebody answers in its thread.

CREATE TABLE reminders (
    message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE,
    due        INTEGER NOT NULL
);
