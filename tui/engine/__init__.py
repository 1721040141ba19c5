"""The engine: owns the truth and the network, knows no terminal, runs headless.

What it is for (the rules are numbered R1 to R47 in the contract, and every test names the one it proves):

    a mailbox and a CRM in two-way sync. Mail is linked to people and open deals at the moment it is ingested and
    never later by itself; what other clients delete or move stays here; deletes and moves made here reach the server.

The flow of one arriving message:

    imap/     framing turns bytes into responses, response turns them into facts, session offers typed commands
    sync/     plan says (purely) what a pass must do; pull asks the server and hands over batches
    mail/     headers, identity, threading: pure functions over bytes
    linking   facts in, Decision with its reason out: pure
    store/    ingest writes message, placement, thread, decision and links in ONE transaction of mailbox.db
    publishing, crm/  copies messages that carry a link into crm.db, keyed by identity, repeatable
    bus       tells it, merged

The flow of one keypress:

    commands/ a frozen dataclass: apply() changes mailbox.db at once and names the server work it leaves behind
    journal   both in one transaction; then the account's task replays the operations in order
    sync/     push batches like operations; moves acts on the copy that is on the server now; sent sends and files
    journal   done, refused (backed out, in the server's words), failed (a person decides), or queued again

Invariants that everything rests on:

    * a message is ingested once for ever; servers' copies are placements, which come and go without touching it
    * mailbox.db is private to this machine; crm.db holds a message only while it carries a link
    * what must survive a crash is committed before the act it describes; every act can be looked up and repeated
    * a network fault never uses up a try; a refusal always ends visibly
    * text for people went through text.clean; raw sources are kept byte for byte

How an account stays in step: ``network`` starts each account once and notices sleep, another network and other
processes; ``sync/account`` has one task that listens (``listening``: NOTIFY, IDLE or asking), one that pulls
(``rounds``), one that pushes and one that sends; ``lines`` are their at most three connections; ``faults`` says what
follows from a fault, and ``imap/quirks`` what servers mean when they say "not now".

``core.Engine`` is the door: open, do, undo, sync, start, events, reader. ``host.Host`` is the same in its own thread.
"""
