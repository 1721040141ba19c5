"""Where everything starts: ``dealdesk`` alone opens the workspace, anything more is a command (``tui.cli``)."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence


def main() -> None:
    """Run dealdesk with the arguments of the process, and exit."""
    # The engine's thread must not hold up a key: see DESIGN.md, One process, two loops.
    sys.setswitchinterval(0.0005)
    arguments = sys.argv[1:]
    if is_workspace(arguments):
        sys.exit(_workspace(arguments[-1].removeprefix("--home=") if arguments else None))
    from tui.cli.root import root

    root.main(arguments)


def is_workspace(arguments: Sequence[str]) -> bool:
    """Return whether the arguments name no command: none at all, or a home alone."""
    match arguments:
        case []:
            return True
        case [home]:
            return home.startswith("--home=") and len(home) > len("--home=")
        case ["--home", home]:
            return not home.startswith("-")
        case _:
            return False


def _workspace(home: str | None) -> int:
    """Open the workspace; return the exit code."""
    # Nothing dies while starting, and looking for it was a fifth of the time to the first paint; the app enables it.
    gc.disable()
    from tui.engine.errors import DealdeskError
    from tui.engine.paths import Paths

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("The workspace needs a terminal; dealdesk --help lists the commands that don't.", file=sys.stderr)
        return 1
    from tui import app
    from tui.cli import logfile

    paths = Paths.of(home)
    try:
        paths.create()
        logfile.start(paths)
        return app.run(paths)
    except DealdeskError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    main()
