"""dealdesk: a mail-and-CRM workspace for the terminal."""

__version__ = "0.1.0"
