"""Setting up accounts: finding the servers and proving that they answer."""
