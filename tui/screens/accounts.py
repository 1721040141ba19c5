"""The accounts: what each does now, its folders, a test of its servers, and removing it with what is kept (R44)."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.strip import Strip

from tui import cells, look
from tui.engine import events
from tui.engine.model import Account, Check, Folder, FolderProof
from tui.engine.reads import missing_roles
from tui.screens.changing import FIELDS, Field
from tui.screens.dialogs import Choice, Confirm, Panel, Picker, Prompt, among, fuzzy
from tui.screens.rows import RowsScreen
from tui.widgets.rowlist import RowList
from tui.widgets.statusline import StatusLine


class AccountList(RowList[Account]):
    """Accounts with their state."""

    warnings: dict[int, list[str]]

    def line_count(self) -> int:
        """Return the number of accounts, or one line that says that there are none."""
        return len(self.ids) or 1

    def draw_title(self, width: int) -> look.Line:
        """``Accounts · 2``."""
        return look.spread([(" ", ""), ("Accounts", "title"), (f" · {look.count(len(self.ids))}", "dim")], [], width)

    def draw_line(self, index: int, width: int) -> Strip:
        """Draw an account, or what to do when there is none."""
        if not self.ids:
            return self.strip((("  No account yet; a adds one.", "dim"),), width)
        return super().draw_line(index, width)

    def draw_row(self, row: Account, width: int) -> look.Line:
        """Draw address, state, since when, and what is wrong."""
        window = "everything" if row.since is None else f"since {look.day(row.since)}"
        line: list[look.Piece] = [(" " + cells.fit(row.email, 32), ""), (cells.fit(row.state.value, 12), "dim")]
        line.append((cells.fit(window, 20), "dim"))
        line.append((cells.fit(f"team {row.team}" if row.team else row.kind, 16), "dim"))
        if row.error:
            line.append((row.error, "bad"))
        elif self.warnings.get(row.id):
            line.append((self.warnings[row.id][0], "warn"))
        elif row.push:
            line.append((row.push, "dim"))
        return look.shorten(line, width)


class AccountsScreen(RowsScreen):
    """List the accounts; add, change, test, verify, remove them, choose their folders."""

    where = "accounts"
    watched = (events.AccountsChanged, events.FoldersChanged)

    def __init__(self) -> None:
        super().__init__()
        self._accounts: dict[int, Account] = {}

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        accounts = AccountList(lambda ids: [self._accounts[one] for one in ids if one in self._accounts], id="rows")
        accounts.warnings = {}
        yield accounts
        yield StatusLine(id="status")

    async def read_rows(self) -> None:
        """Read the accounts, and which of their folders are missed."""
        accounts, folders = await self.dealdesk.host.read(lambda reader: (reader.accounts(), reader.folders()))
        self._accounts = {one.id: one for one in accounts}
        rows = self.query_one("#rows", AccountList)
        rows.warnings = {one.id: missing_roles(folders, one.id) for one in accounts}
        rows.invalidate()
        rows.set_ids(list(self._accounts))
        rows.refresh_title()

    def _account(self) -> Account | None:
        account = self._accounts.get(self.rows.cursor_id or 0)
        if account is None:
            self.tell(f"There is no account here; {self.dealdesk.keymap.first_key('account.add')} adds one.")
        return account

    def do_account_add(self) -> None:
        """Connect another mailbox, one question at a time."""
        from tui.screens.setup import SetupScreen

        self.over(SetupScreen())

    def do_account_test(self) -> None:
        """Try the account's servers."""
        account = self._account()
        if account is not None:
            panel = Panel(Content(f"Test of {account.email}"))
            self.over(panel)
            self.work(self._test(account, panel))

    async def _test(self, account: Account, panel: Panel) -> None:
        panel.show(
            checks_text(await self.dealdesk.ask(lambda engine: engine.test_account(account.id), while_shown=True))
        )

    def do_account_verify(self) -> None:
        """Ask the server for every message and add up (R47)."""
        account = self._account()
        if account is not None:
            panel = Panel(Content(f"Is everything of {account.email} here?"))
            self.over(panel)
            self.work(self._verify(account, panel))

    async def _verify(self, account: Account, panel: Panel) -> None:
        panel.show(proofs_text(await self.dealdesk.ask(lambda engine: engine.verify(account.id), while_shown=True)))

    def do_account_edit(self) -> None:
        """Choose what to change, then write it; new servers and passwords are tried before they are saved."""
        account = self._account()
        if account is None:
            return

        def chosen(field: object) -> None:
            if isinstance(field, Field):
                prompt = Prompt(
                    Content(f"{field.title} of {account.email} · {field.about}"),
                    field.written(account),
                    placeholder=field.about,
                    password=field.secret,
                )
                self.over(prompt, lambda text: self._write(account, field, text))

        choices = [
            Choice(field, Content.assemble(cells.fit(field.title, 20), (field.written(account), "$text-muted")))
            for field in FIELDS
        ]
        self.over(Picker(Content(f"Change {account.email}"), among(choices), numbered=True), chosen)

    def _write(self, account: Account, field: Field, text: object) -> None:
        if isinstance(text, str) and text != field.written(account):
            self.work(self._save(account, field, text))

    async def _save(self, account: Account, field: Field, text: str) -> None:
        changed = field.changed(account, text)
        secret = text if field.secret else None
        self.tell(f"Trying the servers of {account.email} …" if field.tried else f"Changing {account.email} …")
        await self.dealdesk.ask(lambda engine: engine.edit_account(changed, secret))
        self.tell(f"Changed {account.email}.")
        self.again.now()

    def do_account_folders(self) -> None:
        """Choose the folders to sync; Enter turns one on or off."""
        account = self._account()
        if account is not None:
            self._folders(account)

    def _folders(self, account: Account) -> None:
        async def find(text: str) -> Sequence[Choice]:
            folders = await self.dealdesk.host.read(lambda reader: reader.folders(account.id))
            choices = [
                Choice(
                    one, Content.assemble("[x] " if one.selected else "[ ] ", one.name, (_about(one), "$text-muted"))
                )
                for one in folders
                if one.selectable
            ]
            return fuzzy(choices, text, 200)

        def chosen(folder: object) -> None:
            if isinstance(folder, Folder):
                self.work(self._select(account, folder))

        self.over(
            Picker(Content(f"Folders of {account.email}"), find, foot="Enter turns on or off · type to search · Esc"),
            chosen,
        )

    async def _select(self, account: Account, folder: Folder) -> None:
        await self.dealdesk.ask(lambda engine: engine.select_folders(account.id, [folder.name], not folder.selected))
        folders = await self.dealdesk.host.read(lambda reader: reader.folders(account.id))
        for sentence in missing_roles(folders, account.id):
            self.tell(sentence, "warning")
        self._folders(account)

    def do_account_remove(self) -> None:
        """Say what is kept and what goes, then remove it."""
        account = self._account()
        if account is not None:
            self.work(self._remove(account))

    async def _remove(self, account: Account) -> None:
        kept, removed = await self.dealdesk.ask(lambda engine: engine.removal(account.id))
        unsent = await self.dealdesk.ask(lambda engine: engine.unsent(account.id))
        detail = Content(
            f"{look.counted(kept, 'message')} kept, because of a deal or another account; {removed:,} removed here."
            + (f" {look.counted(unsent, 'unsent message')} will be lost." if unsent else "")
            + " The server is untouched."
        )

        def answered(answer: object) -> None:
            if answer is True:
                self.work(self._really(account))

        self.over(Confirm(Content(f"Remove {account.email} from this workspace?"), detail), answered)

    async def _really(self, account: Account) -> None:
        kept, removed = await self.dealdesk.ask(lambda engine: engine.remove_account(account.id))
        self.tell(f"Removed {account.email}: {kept:,} kept, {removed:,} removed.")
        self.again.now()


def proofs_text(proofs: Sequence[FolderProof]) -> Content:
    """Return the ledger of each folder, a line each, with what is missing and why (R47)."""
    lines = []
    for one in proofs:
        mark = ("✓ ", "$success") if one.complete else ("! ", "$error")
        counts = [f"{one.on_server:,} on the server", f"{one.here:,} here"]
        counts += [f"{one.outside_window:,} outside the window"] if one.outside_window else []
        counts += [f"{one.failed:,} failed"] if one.failed else []
        counts += [f"{len(one.missing):,} missing"] if one.missing else []
        lines.append(Content.assemble(mark, f"{one.folder}  ", (one.error or " · ".join(counts), "$text-muted")))
        lines += [Content.assemble(("    " + why, "$text-muted")) for _, why in one.reasons[:3]]
    if any(one.missing or one.failed for one in proofs):
        lines.append(Content("What is missing or failed is asked for again by the next sync."))
    return Content("\n").join(lines) if lines else Content("No folder of it is synced.")


def checks_text(checks: Sequence[Check]) -> Content:
    """Return the checks of an account, a line each, with how to mend what is wrong."""
    lines = [
        Content.assemble(
            ("✓ " if one.ok else "! ", "$success" if one.ok else "$error"),
            f"{one.check}  ",
            (one.detail, "$text-muted"),
        )
        for one in checks
    ]
    return Content("\n").join(lines) if lines else Content("There is nothing to test.")


def _about(folder: Folder) -> str:
    if folder.error:
        return f"  ! {folder.error}"
    return f"  {look.counted(folder.total, 'message')}" if folder.selected else ""
