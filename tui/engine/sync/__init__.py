"""Keeping the mailbox and its servers in step: a pure plan, its execution, one task group an account."""
