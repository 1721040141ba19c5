"""Keys that go somewhere else: folders by what they are for, saved views, people, deals, other screens; and compose."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui import look
from tui.engine.model import Draft, Folder, Role, View
from tui.screens.dialogs import Choice, fuzzy
from tui.screens.linking import Linking


class Going(Linking):
    """Going elsewhere from the workspace."""

    def account_id(self) -> int | None:
        """Return the account that is meant: of the message under the cursor, of the folder shown, else the first."""
        row = self.messages.cursor_row
        if row is not None and row.account_id:
            return row.account_id
        frame = self.frame
        if frame is None or not frame.accounts:
            return None
        view = self.shown.view
        found = next((one.account_id for one in frame.folders if one.id == view.folder_id), None)
        return found or view.account_id or frame.accounts[0].id

    def _go(self, role: Role, what: str) -> None:
        account = self.account_id()
        folders = self.frame.folders if self.frame is not None else ()
        fitting = [one for one in folders if one.role is role and one.account_id == account and one.selectable]
        if fitting:
            self.show_folder(fitting[0])
        else:
            self.tell(f"This account has no {what} folder yet; it is made when it is first needed.")

    def show_folder(self, folder: Folder) -> None:
        """Show a folder in the list."""
        self.show_view(View("folder", folder_id=folder.id), "Inbox" if folder.role is Role.INBOX else folder.name)
        self.go_to_pane("messages")

    def do_go_inbox(self) -> None:
        """The inbox of this account."""
        self._go(Role.INBOX, "inbox")

    def do_go_sent(self) -> None:
        """What was sent."""
        self._go(Role.SENT, "sent")

    def do_go_drafts(self) -> None:
        """The drafts; first what a crash left."""
        from tui.engine.drafts import Drafts

        kept = Drafts(self.dealdesk.paths).list()
        if not kept:
            self._go(Role.DRAFTS, "drafts")
            return
        choices = [
            Choice(
                one.id,
                Content.assemble(
                    f"{one.draft.subject or '(no subject)'}  ",
                    (f"to {one.draft.to or 'nobody yet'} · {look.full_date(one.saved, look.now())}", "$text-muted"),
                ),
            )
            for one in kept
        ]
        choices.append(Choice("", Content("all drafts")))

        async def find(text: str) -> Sequence[Choice]:
            return fuzzy(choices, text)

        def chosen(draft_id: object) -> None:
            if draft_id == "":
                self._go(Role.DRAFTS, "drafts")
            elif isinstance(draft_id, str):
                from tui.screens.compose import ComposeScreen

                self.over(ComposeScreen(draft_id=draft_id))

        from tui.screens.dialogs import Picker

        self.over(Picker(Content("Writing that was interrupted"), find, numbered=True), chosen)

    def do_go_archive(self) -> None:
        """The archive."""
        self._go(Role.ARCHIVE, "archive")

    def do_go_trash(self) -> None:
        """The trash."""
        self._go(Role.TRASH, "trash")

    def do_go_unified(self) -> None:
        """All inboxes as one."""
        self.show_view(View("inbox"), "All inboxes")
        self.go_to_pane("messages")

    def do_go_triage(self) -> None:
        """What needs a deal, one message after the other."""
        from tui.screens.triage import TriageScreen

        self.over(TriageScreen())

    def do_go_folder(self) -> None:
        """Choose a folder to show."""

        def chosen(folder_id: object) -> None:
            folders = self.frame.folders if self.frame is not None else ()
            for folder in folders:
                if folder.id == folder_id:
                    self.show_folder(folder)

        self.over(self.folder_picker(Content("Go to folder")), chosen)

    def do_go_contacts(self) -> None:
        """People and their stories."""
        from tui.screens.contacts import ContactsScreen

        self.over(ContactsScreen())

    def do_go_pipeline(self) -> None:
        """The open deals by stage."""
        from tui.screens.pipeline import PipelineScreen

        self.over(PipelineScreen())

    def do_go_agenda(self) -> None:
        """What is late, due and planned."""
        from tui.screens.agenda import AgendaScreen

        self.over(AgendaScreen())

    def do_go_reports(self) -> None:
        """Reports as plots."""
        from tui.screens.reports import ReportsScreen

        self.over(ReportsScreen())

    def do_go_import(self) -> None:
        """Take in a file."""
        from tui.screens.importing import ImportScreen

        self.over(ImportScreen())

    def do_go_settings(self) -> None:
        """Settings of the link rules."""
        from tui.screens.settings import SettingsScreen

        self.over(SettingsScreen())

    def do_go_deal(self) -> None:
        """Go to the deal of this message."""
        self.go_to_pane("deal")

    def do_go_outbox(self) -> None:
        """The outbox and pending operations."""
        from tui.screens.outbox import OutboxScreen

        self.over(OutboxScreen())

    def do_go_divergence(self) -> None:
        """What servers have otherwise."""
        from tui.screens.divergence import DivergenceScreen

        self.over(DivergenceScreen())

    def do_go_accounts(self) -> None:
        """The accounts."""
        from tui.screens.accounts import AccountsScreen

        self.over(AccountsScreen())

    # Compose

    def edits_draft(self) -> bool:
        """Go on writing the draft under the cursor; return whether there is one."""
        row, folders = self.messages.cursor_row, self.frame.folders if self.frame is not None else ()
        if row is None or not any(one.id == row.folder_id and one.role is Role.DRAFTS for one in folders):
            return False
        from tui.screens.compose import ComposeScreen

        self.over(ComposeScreen(opened=row.id))
        return True

    def _write(self, kind: str) -> None:
        from tui.screens.compose import ComposeScreen

        account = self.account_id()
        if account is None:
            self.tell(f"There is no account to send from; {self.dealdesk.keymap.first_key('go.accounts')} adds one.")
            return
        row = self.messages.cursor_row
        if kind == "new":
            deal = self.deal.deals[0].id if self.pane() == "deal" and self.deal and self.deal.deals else None
            self.over(ComposeScreen(Draft(account, deal_id=deal)))
        elif row is not None:
            self.over(ComposeScreen(Draft(account), answer=(kind, row.id)))
        else:
            self.tell("There is no message here to answer.")

    def do_mail_compose(self) -> None:
        """Write a new message."""
        self._write("new")

    def do_mail_reply(self) -> None:
        """Answer the sender."""
        self._write("reply")

    def do_mail_reply_all(self) -> None:
        """Answer everybody."""
        self._write("reply_all")

    def do_mail_forward(self) -> None:
        """Send it on."""
        self._write("forward")

    def do_mail_attach(self) -> None:
        """Send it on as a file."""
        self._write("attach")

    def do_mail_again(self) -> None:
        """Write a new message from it."""
        self._write("again")
