"""How fast it is, against other programs and against the bare building blocks, in one run on one machine.

    make bench                        every bench
    .venv/bin/python -m bench imap    one of them

Each module here is one bench: `python -m bench.NAME` prints its figures and ends. The rules:

- Only ratios count: dealdesk against a raw socket, mbsync, the stdlib or an empty app, in the same run. Seconds
  are printed for the eye; they say more about the machine than about the program.
- Medians of three or more; the contestants take turns at going first, so that a warm cache favours nobody.
- Mail comes from `tests.servers.mailgen` with a fixed seed, or from the corpus; the bench starts its own servers.
- A program to compare with that isn't installed is named in one line and left out.
- A bench asserts nothing. What must never get slow has a test with a generous limit.
"""
