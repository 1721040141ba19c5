"""The IMAP client: aioimaplib's protocol with its framing, routing and execution replaced.

From the wire up, each file one idea:

    framing     octets -> responses; literals counted down, limits       spool     files for big literals
    response    one response -> tokens; status responses                 names     names, flags, quoting
    facts       tokens -> typed facts (Fetched, Listing, Found, …)       uidset    UIDs as ranges, never expanded
    protocol    the connection: routing, execution, watchdog             lane      who may send now
    connect     TCP, TLS, STARTTLS, login                                quirks    what servers do differently
    selected    the open folder: numbers to UIDs, what came unasked
    opening, listing, searching, fetching, changes, idling               the commands, by family
    folders     roles and names of folders                               wellknown their names in many languages
    session     the public face: ``open_session`` and ``Session``

A fact is routed to the oldest command that asked for it, else kept as unasked; a tag only ends its command. When the
connection goes, everything pending fails at once with ``NetworkError``. Nothing here knows the store.
"""
