"""THE table of what a person can do: every key, footer word, palette entry and line of help comes from here.

An action is named ``noun.verb``. Its keys are written as in KEYS.md: ``C-d`` is Control, ``S-Tab`` Shift, ``M-v`` Alt,
``g i`` one key after the other, a comma separates alternatives (``comma`` is the key itself). A screen runs the
action ``message.archive`` by its method ``do_message_archive``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LIST = ("messages",)
READ = ("messages", "reader")
MAIL = ("messages", "reader", "deal")
PANES = ("folders", "messages", "reader", "deal")
BOARD = ("pipeline",)
PAGES = ("page", "deal page")
DEALING = ("pipeline", "deal page")
CRM = ("contacts", "pipeline", "agenda", "reports", "import", "settings", *PAGES)
EXPORTS = ("contacts", "pipeline", "import", *PAGES)
TRIAGE = ("triage",)
AGENDA = ("agenda",)
REPORTS = ("reports",)
IMPORT = ("import",)
SETTINGS = ("settings",)
DIFFER = ("divergence",)
ROWS = ("outbox", "accounts", "triage", *DIFFER, *CRM)
FORMS = ("compose", "setup")
MERGE = ("merge",)
SCREENS = (*PANES, *ROWS)


class Action(NamedTuple):
    """One thing that a person can do.

    Args:
        id: ``noun.verb``; what a key map file and the config name it by.
        keys: the default profile's keys; "" for the palette alone.
        title: what the palette and the help call it.
        help: one sentence of what it does.
        where: the panes and screens in which its keys work.
        footer: its word in the footer, "" for none there.
        counts: True when it acts on the marked messages, so that the footer says on how many.
        group: its heading in the help.
    """

    id: str
    keys: str
    title: str
    help: str
    where: tuple[str, ...]
    footer: str = ""
    counts: bool = False
    group: str = ""

    @property
    def method(self) -> str:
        """The name of the screen's method that does it."""
        return "do_" + self.id.replace(".", "_")


def _group(name: str, *actions: Action) -> tuple[Action, ...]:

    return tuple(action._replace(group=name) for action in actions)


A = Action

ACTIONS: tuple[Action, ...] = (
    *_group(
        "Mail",
        A("mail.reply", "r", "Reply", "Answer the sender.", MAIL, "reply"),
        A("mail.reply_all", "a", "Reply to all", "Answer the sender and everybody who got it.", MAIL),
        A("mail.forward", "f", "Forward", "Send the message on, with its attachments.", MAIL),
        A("mail.attach", "M-e", "Forward attached", "Send the message on as a file, exactly as it came.", MAIL),
        A("mail.again", "E", "Edit as new", "Write a new message from this one.", MAIL),
        A(
            "mail.merge",
            "B",
            "Write to all",
            "Write to the people of all deals shown, by a template.",
            BOARD,
        ),
        A("mail.compose", "m", "Compose", "Write a new message.", (*PANES, *PAGES, "contacts"), "compose"),
        A("message.archive", "e", "Archive", "Move to the archive folder.", MAIL, "archive", True),
        A("message.delete", "d, Del", "Delete", "Move to Trash; can be undone.", MAIL, "delete", True),
        A(
            "message.destroy",
            "D",
            "Delete for ever",
            "Delete here and on the server, after asking with a count.",
            MAIL,
            counts=True,
        ),
        A(
            "message.move",
            "s",
            "Move to folder",
            "Choose a folder to move to; the last one is first.",
            MAIL,
            "move",
            True,
        ),
        A("message.copy", "S", "Copy to folder", "Choose a folder to copy to.", MAIL, counts=True),
        A("message.flag", "F", "Flag", "Set the flag, or take it off when all have it.", MAIL, counts=True),
        A("message.seen", "U", "Read or unread", "Mark as unread, or as read when all are unread.", MAIL, counts=True),
        A(
            "action.undo",
            "u",
            "Undo",
            "Take back the last action, even one the server has done.",
            (*PANES, *CRM, *TRIAGE, *DIFFER),
        ),
        A("action.redo", "C-r", "Redo", "Do again what was undone.", (*PANES, *CRM, *TRIAGE, *DIFFER)),
        A(
            "action.repeat",
            ".",
            "Repeat",
            "Do the last action again, on the messages chosen now.",
            (*MAIL, *TRIAGE),
            counts=True,
        ),
    ),
    *_group(
        "Deals and people",
        A("link.add", "l", "Link", "Link to a person or a deal; numbered suggestions.", (*MAIL, *TRIAGE), "link", True),
        A("link.remove", "L", "Unlink", "Take the links off; no rule adds them again.", MAIL, counts=True),
        A("link.why", "w", "Why linked", "Say why it is linked, or why it isn't.", (*MAIL, *TRIAGE)),
        A(
            "message.private",
            "p",
            "Private",
            "Never link this thread; again to allow it.",
            (*MAIL, *TRIAGE),
            counts=True,
        ),
        A("message.remind", "b", "Remind", "Remind of this message if nobody answers in so many days.", MAIL),
        A("activity.add", "t", "Follow-up task", "Add a task to the deal.", (*MAIL, "pipeline", "agenda", *PAGES)),
        A("note.add", "i", "Note", "Write a note on the deal.", (*MAIL, "pipeline", *PAGES)),
        A(
            "triage.choose",
            "1, 2, 3, 4, 5, 6, 7, 8, 9",
            "Link to it",
            "Link the message to the deal with that number.",
            TRIAGE,
            "link to it",
        ),
        A("triage.always", "T", "Always", "Let the next digit count for the whole thread.", TRIAGE, "whole thread"),
        A("triage.more", "+", "One more", "Let the next digit count for one more message of this sender.", TRIAGE),
        A("triage.fewer", "-", "One less", "Let the next digit count for one message of this sender less.", TRIAGE),
        A("triage.all", "A", "All of them", "Let the next digit count for all of this sender.", TRIAGE, "all of them"),
        A("triage.skip", "s, Tab", "Skip", "Leave this one for later.", TRIAGE, "skip"),
        A("deal.advance", ">", "Next stage", "Move the deal one stage on.", (*MAIL, *DEALING), "stage"),
        A("deal.retreat", "<", "Previous stage", "Move the deal one stage back.", (*MAIL, *DEALING)),
        A("deal.show", "Enter, o", "Open", "Show the deal with its story.", BOARD, "open"),
        A(
            "story.open",
            "Enter, o",
            "Open",
            "Open what the cursor is on.",
            (*PAGES, *AGENDA, *REPORTS, *IMPORT, *SETTINGS),
            "open",
        ),
        A("story.kind", "f", "Only some", "Show only mail, notes, tasks, changes or files.", PAGES, "only"),
        A("story.link", "l", "Link their mail", "List their mail that is linked to nothing.", PAGES),
        A("story.edit", "e", "Change", "Change one of the fields.", PAGES, "change"),
        A("story.remove", "D", "Delete", "Delete it, after saying what goes and what stays.", PAGES),
        A("activity.done", "x", "Done", "Mark the task as done.", (*PAGES, *AGENDA), "done"),
        A("activity.edit", "e", "Change", "Change what, when, of what kind, how often.", AGENDA, "change"),
        A("activity.later", "+", "A day later", "Put the task off by a day.", AGENDA, "later"),
        A("activity.earlier", "-", "A day earlier", "Bring the task forward by a day.", AGENDA),
        A("person.open", "Enter, o", "Open", "Show the person with their story.", ("contacts",), "open"),
        A("person.mail", "b", "Their mail", "List all mail from and to the person.", ("contacts",), "mail"),
        A("person.add", "n", "New person", "Add a person.", ("contacts",), "new"),
        A("person.merge", "M", "Merge", "Make the marked people one.", ("contacts",), "merge", True),
        A("story.history", "H", "History", "Say who changed what and when, with what it was before.", PAGES),
        A("crm.export", "E", "Export", "Write the CRM or a part of it into files.", EXPORTS),
        A("deal.won", "W", "Won", "Close the deal as won; a closed one is opened again.", DEALING, "won"),
        A("deal.lost", "Z", "Lost", "Close the deal as lost, with a reason.", DEALING, "lost"),
        A("deal.add", "n", "New deal", "Add a deal to this pipeline.", BOARD, "new"),
        A("column.next", "Right, Tab", "Next column", "To the stage on the right; a list is ordered by it.", BOARD),
        A("column.previous", "Left, S-Tab", "Previous column", "To the stage on the left; a list likewise.", BOARD),
        A("board.view", "v", "List or board", "Show the deals as a list, or as a board again.", BOARD, "list or board"),
        A("board.order", "O", "Order", "Order the deals by something else.", BOARD, "order"),
        A("board.reverse", "R", "Reverse", "Begin at the other end of the order.", BOARD),
        A("board.pipeline", "P", "Pipeline", "Show another pipeline.", BOARD),
        A("deal.open", "Enter, o", "Open", "Open the mail of the chosen line of the timeline.", ("deal",), "open"),
    ),
    *_group(
        "Moving",
        A("cursor.down", "j, Down", "Down", "One line down.", SCREENS),
        A("cursor.up", "k, Up", "Up", "One line up.", SCREENS),
        A("cursor.first", "g g, Home", "First", "To the first line.", SCREENS),
        A("cursor.last", "G, End", "Last", "To the last line.", SCREENS),
        A("cursor.half_down", "C-d", "Half a page down", "Half a page down.", SCREENS),
        A("cursor.half_up", "C-u", "Half a page up", "Half a page up.", SCREENS),
        A("cursor.page_down", "PgDn", "Page down", "One page down.", SCREENS),
        A("cursor.page_up", "PgUp", "Page up", "One page up.", SCREENS),
        A("folder.next", "J", "Next folder", "Show the next folder.", PANES),
        A("folder.previous", "K", "Previous folder", "Show the previous folder.", PANES),
        A("pane.next", "Tab", "Next pane", "Go to the next pane.", (*PANES, *PAGES)),
        A("pane.previous", "S-Tab", "Previous pane", "Go to the previous pane.", (*PANES, *PAGES)),
        A("pane.folders", "1", "Folders", "Go to the folders.", PANES),
        A("pane.messages", "2", "Messages", "Go to the list of messages.", PANES),
        A("pane.reader", "3", "Reading", "Go to the message being read.", PANES),
        A("pane.deal", "4", "Deal", "Go to the deal of the message.", PANES),
        A("message.open", "Enter, o", "Open", "Read the message.", LIST, "open"),
        A("folder.open", "Enter, o", "Open", "Show this folder.", ("folders",), "open"),
        A("folder.create", "A", "New folder", "Create a folder here and on the server.", ("folders",), "new"),
        A("folder.rename", "R", "Rename folder", "Rename this folder with all inside.", ("folders",), "rename"),
        A("folder.delete", "D", "Delete folder", "Delete this folder; its messages go to Trash.", ("folders",)),
        A("view.back", "q, Esc", "Back", "One level back; from the list it quits.", SCREENS),
        A("reader.scroll", "Space", "Scroll", "Scroll the message; at its end, the next unread one.", (*READ, *TRIAGE)),
        A("reader.scroll_back", "S-Space, Backspace", "Scroll back", "Scroll the message back.", (*READ, *TRIAGE)),
        A("unread.next", "]", "Next unread", "To the next unread message.", READ),
        A("unread.previous", "[", "Previous unread", "To the previous unread message.", READ),
        A("hit.next", "n", "Next hit", "To the next message that the search found.", READ),
        A("hit.previous", "N", "Previous hit", "To the previous message that the search found.", READ),
    ),
    *_group(
        "Choosing",
        A("mark.step", "x", "Mark", "Mark this line and step down.", (*LIST, *DIFFER, "contacts"), "mark"),
        A("mark.range", "v", "Mark a range", "Start or end a range that follows the cursor.", (*LIST, *DIFFER)),
        A("mark.thread", "V", "Mark the thread", "Mark the whole thread.", LIST),
        A("mark.all", "X", "Mark all", "Mark all in this list, or none.", (*LIST, *DIFFER)),
        A("list.sort", "z s", "Sort", "Sort the list by date, sender, subject or size.", LIST),
        A("thread.toggle", "T", "Threads", "Threads on or off.", LIST),
        A("thread.fold", "z a", "Fold", "Fold or unfold this thread.", LIST),
        A("thread.open", "z o", "Unfold", "Unfold this thread.", LIST),
        A("thread.close", "z c", "Fold up", "Fold this thread up.", LIST),
        A("thread.close_all", "z M", "Fold all", "Fold all threads up.", LIST),
        A("thread.open_all", "z R", "Unfold all", "Unfold all threads.", LIST),
    ),
    *_group(
        "Going",
        A("go.inbox", "g i", "Inbox", "Show the inbox of this account.", PANES),
        A("go.sent", "g s", "Sent", "Show what was sent.", PANES),
        A("go.drafts", "g d", "Drafts", "Show the drafts; Enter goes on with one.", PANES),
        A("go.archive", "g a", "Archive", "Show the archive.", PANES),
        A("go.trash", "g t", "Trash", "Show the trash.", PANES),
        A("go.unified", "g u", "Unified inbox", "Show the inboxes of all accounts as one.", PANES),
        A("go.triage", "g n", "Needs a deal", "Show the messages that need a deal.", PANES),
        A("go.outbox", "g o", "Outbox", "Show the outbox and pending operations.", PANES),
        A("go.reminders", "g b", "Reminders", "Show what nobody has answered, the first due first.", PANES),
        A("go.divergence", "g v", "Where servers differ", "Show what servers have otherwise, and settle it.", PANES),
        A("go.folder", "g f", "Any folder", "Choose a folder to show.", PANES),
        A("go.contacts", "g c", "Contacts", "Look through people and their stories.", PANES),
        A("go.pipeline", "g p", "Pipeline", "Show the open deals by stage.", PANES),
        A("go.agenda", "g w", "Agenda", "Show what is late, due and planned.", PANES),
        A("go.reports", "g r", "Reports", "Show the pipeline, forecast and results as plots.", PANES),
        A("go.import", "g m", "Import", "Take in people, deals or organizations from a file.", PANES),
        A("go.settings", "g comma", "Link settings", "Settings of the link rules, with previews.", PANES),
        A("go.deal", "g l", "Deal of this message", "Go to the deal of this message.", MAIL),
        A("go.accounts", "g @", "Accounts", "Add, test or remove accounts; choose their folders.", PANES),
        A("search.all", "/", "Search everything", "Search all mail of all accounts.", PANES, "search"),
        A("list.filter", "\\", "Filter", "Narrow what is shown.", (*READ, *BOARD, "contacts")),
    ),
    *_group(
        "Message",
        A("reader.headers", "h", "Full headers", "Show all headers, or the usual ones.", READ),
        A("reader.quotes", "z a", "Quotes", "Show one more level of what is quoted, or fold all.", ("reader",)),
        A("quotes.open", "z o", "Unfold quotes", "Show all that is quoted.", ("reader",)),
        A("quotes.close", "z c", "Fold quotes", "Fold all that is quoted.", ("reader",)),
        A("reader.find", "C-f", "Find in message", "Find a text in this message; n and N go on.", READ),
        A("reader.source", "H", "Source", "Show the message as it came.", READ),
        A("reader.tree", "M-h", "Parts", "Show the message's parts: types, names, encodings, sizes.", READ),
        A("reader.other", "M-a", "Other version", "Show the HTML of a message, or its plain text again.", READ),
        A("reader.browse", "M-w", "Open in browser", "Open the message as a page that can load and run nothing.", READ),
        A("invitation.answer", "M-i", "Answer invitation", "Accept, decline or take as perhaps.", READ),
        A("list.leave", "M-u", "Unsubscribe", "Leave the mailing list, after asking.", READ),
        A("url.follow", "O", "Follow a link", "Open or copy one of the message's numbered links.", READ),
        A("attachment.save", "A", "Save attachments", "Save an attachment into a folder.", READ),
        A(
            "attachment.open",
            "M-o",
            "Open attachment",
            "See text and pictures here, the rest by its program.",
            READ,
        ),
        A("message.pipe", "|", "Pipe", "Give the raw message to a command.", READ),
        A("copy.link", "y y", "Copy link", "Copy the first link of the message, or its mid: address.", READ),
        A("copy.address", "y e", "Copy address", "Copy the sender's address.", READ),
        A("copy.message_id", "y m", "Copy Message-ID", "Copy the Message-ID.", READ),
    ),
    *_group(
        "Everywhere",
        A("sync.now", "$, F5", "Sync now", "Ask the servers for news at once.", (*PANES, *DIFFER, "outbox")),
        A("palette.open", ":, C-p", "Command palette", "Find any command by its name.", SCREENS),
        A("help.open", "?, F1", "Keys", "Show the keys that work here.", SCREENS, "keys"),
        A("app.quit", "C-q", "Quit", "Leave; what is queued is sent next time.", (*SCREENS, *FORMS, *MERGE)),
    ),
    *_group(
        "Composer",
        A("compose.send", "F9, C-Enter", "Send", "Send the message.", ("compose",), "send"),
        A("compose.editor", "C-o", "Editor", "Write the text in $EDITOR.", ("compose",), "editor"),
        A("compose.attach", "C-t", "Attach", "Attach a file.", ("compose",), "attach"),
        A("compose.deal", "C-l", "Deal", "Choose the deal to file it under.", ("compose",), "deal"),
        A(
            "compose.from",
            "M-s",
            "From",
            "Choose which address it is from, with its signature.",
            ("compose",),
        ),
        A("compose.template", "M-t", "Template", "Insert a template or snippet, its fields filled.", ("compose",)),
        A("compose.markdown", "M-m", "Markdown", "Send the text as HTML too, read as Markdown; or not.", ("compose",)),
        A("compose.preview", "M-p", "Preview", "Show the message as it will be read.", ("compose",)),
        A("compose.remind", "M-r", "Remind", "Remind if nobody answers in so many days.", ("compose",)),
        A("compose.report", "M-n", "Delivery report", "Ask for a report of its delivery; or not.", ("compose",)),
        A("compose.later", "M-l", "Send later", "Choose when it leaves.", ("compose",)),
        A("compose.save", "C-s", "Save draft", "Save the draft and go on.", ("compose",), "draft"),
        A("compose.keep", "Esc", "Keep as draft", "Leave and keep it as a draft.", ("compose",)),
        A("compose.keys", "F1", "Keys", "Show the keys that work while writing.", ("compose",), "keys"),
        A("compose.discard", "M-d", "Discard", "Throw the draft away, after asking.", ("compose",)),
        A("merge.next", "j, Down, Space", "Next letter", "Show the next letter.", MERGE, "next"),
        A("merge.previous", "k, Up", "Previous letter", "Show the letter before.", MERGE, "back"),
        A("merge.skip", "x", "Leave out", "Leave this letter out, or take it in again.", MERGE, "leave out"),
        A("merge.send", "F9, C-Enter", "Send all", "Send every letter that is not left out.", MERGE, "send all"),
        A("merge.leave", "q, Esc", "Leave", "Leave; nothing is sent.", MERGE, "leave"),
        A("field.next", "Tab", "Next field", "To the next field.", FORMS),
        A("field.previous", "S-Tab", "Previous field", "To the previous field.", FORMS),
    ),
    *_group(
        "Where servers differ",
        A("divergence.open", "Enter, o", "Read", "Read the message.", DIFFER, "read"),
        A("divergence.follow", "f", "Follow the server", "Take over what the server has.", DIFFER, "follow", True),
        A("divergence.push", "p", "Push mine", "Have the server become what is here.", DIFFER, "push mine", True),
        A("divergence.leave", "l", "Leave", "Leave both as they are.", DIFFER, "leave", True),
    ),
    *_group(
        "Reports and import",
        A("report.next", "Right, Tab, l", "Next report", "Show the next report.", REPORTS, "next"),
        A("report.previous", "Left, S-Tab, h", "Previous report", "Show the previous report.", REPORTS),
        A("report.csv", "c", "As CSV", "Write this report into a CSV file.", REPORTS, "CSV"),
        A("report.json", "J", "As JSON", "Write this report into a JSON file.", REPORTS, "JSON"),
        A("pattern.add", "n", "Never link", "Put an address or domain on the never-link list.", SETTINGS, "never link"),
        A("pattern.remove", "D", "Remove", "Take the pattern off the list, or remove the field.", SETTINGS, "remove"),
        A("field.add", "A", "New field", "Declare a field of deals, people, organizations.", SETTINGS, "new field"),
        A("field.edit", "e", "Change the field", "Rename the field, or change what it can be.", SETTINGS),
        A("import.file", "f", "File", "Choose another file.", IMPORT, "file"),
        A("import.kind", "K", "Kind", "Take the rows as people, deals or organizations.", IMPORT, "kind"),
        A("import.map", "e", "Column", "Say what the column under the cursor is.", IMPORT, "column"),
        A(
            "import.read",
            "d",
            "Dates and amounts",
            "Say how dates and amounts are written, and in what currency.",
            IMPORT,
        ),
        A("import.try", "t", "Try", "Say what would happen, and change nothing.", IMPORT, "try"),
        A("import.run", "I", "Import", "Take it in; one u takes all of it back.", IMPORT, "import"),
    ),
    *_group(
        "Outbox and accounts",
        A("operation.retry", "r", "Retry", "Try the operation again now.", ("outbox",), "retry"),
        A(
            "operation.cancel",
            "x, d",
            "Cancel",
            "Cancel the operation; what it did here is taken back.",
            ("outbox",),
            "cancel",
        ),
        A("operation.keep", "L", "Keep local", "Keep it done here only.", ("outbox",), "keep local"),
        A("account.add", "a", "Add account", "Connect another mailbox.", ("accounts",), "add"),
        A("account.test", "t", "Test", "Try the account's servers and say what they answer.", ("accounts",), "test"),
        A(
            "account.edit",
            "e",
            "Change",
            "Change its window, name, servers, password or aliases.",
            ("accounts",),
            "change",
        ),
        A("account.verify", "v", "Verify", "Prove that everything is here: ask its server.", ("accounts",), "verify"),
        A("account.folders", "f, Enter", "Folders", "Choose the folders to sync.", ("accounts",), "folders"),
        A(
            "account.remove",
            "D",
            "Remove",
            "Remove the account here; the server is untouched.",
            ("accounts",),
            "remove",
        ),
        A("setup.cancel", "Esc", "Cancel", "Leave without adding an account.", ("setup",), "cancel"),
    ),
)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}


def of(where: str, actions: Iterable[Action] = ACTIONS) -> list[Action]:
    """Return the actions whose keys work in the pane or screen ``where``, in the table's order."""
    return [action for action in actions if where in action.where]
