"""The mailbox database: everything that was downloaded, private to this machine."""
