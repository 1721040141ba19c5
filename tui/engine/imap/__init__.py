"""The IMAP client: framing, tokenizer, typed session, quirks."""
