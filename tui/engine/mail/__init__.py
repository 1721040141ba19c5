"""Messages as text and bytes: parsing, showing, composing, submitting."""
