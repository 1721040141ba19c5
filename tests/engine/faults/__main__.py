"""Tries the whole matrix of faults and prints what it came to.

python -m tests.engine.faults [--jobs N] [--one-in N [--from K]] [--only TEXT] [--server NAME]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.engine.faults.matrix import CELLS, Tally, alone
from tests.engine.faults.works import OTHERS

JOBS = 4 * (os.cpu_count() or 1)
"""A trial waits more than it works: for silent lines to be given up, for IDLE to be renewed, for the servers."""


def main() -> int:
    """Print a line for each cell as it ends, what went wrong, and the sum; 1 when anything did."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.faults", description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS, help=f"cells side by side ({JOBS})")
    parser.add_argument("--one-in", type=int, default=1, metavar="N", help="only every N-th fault of each cell")
    parser.add_argument("--from", type=int, default=0, metavar="K", dest="first", help="of these the K-th ones, from 0")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cells with this in their name")
    parser.add_argument("--server", choices=("dovecot", *OTHERS), help="only cells with this server")
    options = parser.parse_args()
    total, began = Tally(), time.monotonic()
    chosen = [cell for cell in CELLS if options.only in str(cell) and options.server in (None, cell.server)]
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        shares = [(cell, ((at + options.first) % options.one_in, options.one_in)) for at, cell in enumerate(chosen)]
        # The longest come first, so that none is left alone at the end.
        shares.sort(key=lambda share: (not share[0].how, share[0].server == "dovecot"))
        waiting = [pool.submit(alone, cell, share) for cell, share in shares]
        for ended in as_completed(waiting):
            cell, tally, seconds = ended.result()
            total.add(tally)
            print(f"{cell!s:45} {tally} ({seconds:.0f} s)", flush=True)
            for line in tally.wrong:
                print(f"    {line}", flush=True)
    print(f"{len(chosen)} cells in {time.monotonic() - began:.0f} s: {total}")
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
