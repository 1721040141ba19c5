"""The CRM database: people, deals and the messages that carry a link."""
