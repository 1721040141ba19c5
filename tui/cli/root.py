"""The table of commands: which module each one lives in. ``dealdesk`` alone is not here but in ``tui.__main__``."""

from __future__ import annotations

import click

from tui.cli.frame import Root

NOUNS = {
    "demo": ("tui.cli.demo", "demo"),
    "account": ("tui.cli.account", "account"),
    "folder": ("tui.cli.folder", "folder"),
    "sync": ("tui.cli.sync", "sync"),
    "mail": ("tui.cli.mail", "mail"),
    "search": ("tui.cli.search", "search"),
    "undo": ("tui.cli.undo", "undo"),
    "queue": ("tui.cli.queue", "queue"),
    "link": ("tui.cli.link", "link"),
    "unlink": ("tui.cli.link", "unlink"),
    "why": ("tui.cli.link", "why"),
    "triage": ("tui.cli.link", "triage"),
    "private": ("tui.cli.link", "private"),
    "never-link": ("tui.cli.never_link", "never_link"),
    "settings": ("tui.cli.settings", "settings"),
    "person": ("tui.cli.person", "person"),
    "org": ("tui.cli.org", "org"),
    "pipeline": ("tui.cli.pipeline", "pipeline"),
    "stage": ("tui.cli.stage", "stage"),
    "deal": ("tui.cli.deal", "deal"),
    "field": ("tui.cli.field", "field"),
    "note": ("tui.cli.note", "note"),
    "activity": ("tui.cli.activity", "activity"),
    "divergence": ("tui.cli.divergence", "divergence"),
    "import": ("tui.cli.import_", "import_"),
    "export": ("tui.cli.export", "export"),
    "report": ("tui.cli.report", "report"),
    "backup": ("tui.cli.backup", "backup"),
    "restore": ("tui.cli.backup", "restore"),
    "verify": ("tui.cli.verify", "verify"),
    "doctor": ("tui.cli.doctor", "doctor"),
}


@click.group(cls=Root, nouns=NOUNS, invoke_without_command=False, no_args_is_help=False)
@click.version_option(package_name="dealdesk", prog_name="dealdesk")
def root() -> None:
    """A mail-and-CRM workspace for the terminal.

    Without a command the workspace opens. Every command exits 0 when it did its work, 1 after one sentence that says
    what failed, and 2 on wrong usage.
    """
