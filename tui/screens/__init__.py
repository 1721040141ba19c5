"""What you can look at: one screen a file, none of which knows SQL or the network."""
