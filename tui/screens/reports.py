"""Reports with plots in the terminal, each written as CSV or JSON by a key."""

from __future__ import annotations

from collections.abc import Hashable

from textual.content import Content

from tui import look
from tui.engine import events, reporting
from tui.engine.model import DealRef
from tui.engine.reporting import Reports
from tui.screens.dialogs import Prompt
from tui.screens.lined import LinesScreen
from tui.widgets.lines import Item
from tui.widgets.plots import NAMES, plot


class ReportsScreen(LinesScreen):
    """One report at a time; keys go through them."""

    where = "reports"
    watched = (events.DealsChanged, events.PersonsChanged)

    def __init__(self) -> None:
        super().__init__()
        self.shown = next(iter(NAMES))
        self.reports: Reports | None = None

    async def read_rows(self) -> None:
        """Read every report."""
        first = self.reports is None
        self.reports = await self.dealdesk.host.read(lambda reader: reporting.read(reader.crm, int(look.now())))
        self.show_lines(to_top=first)

    def items(self, width: int, now: float) -> list[Item]:
        """Return the lines of the report shown."""
        names = list(NAMES)
        self.lines.heading = (((NAMES[self.shown], ""),), ((f"{names.index(self.shown) + 1} of {len(names)}", "dim"),))
        return [] if self.reports is None else plot(self.shown, self.reports, width)

    def open_line(self, key: Hashable) -> None:
        """Open the deal of a line."""
        from tui.screens.stories import DealScreen

        if isinstance(key, DealRef):
            self.over(DealScreen(key.id))

    def do_report_next(self) -> None:
        """Show the next report."""
        self._step(1)

    def do_report_previous(self) -> None:
        """Show the previous report."""
        self._step(-1)

    def _step(self, steps: int) -> None:
        names = list(NAMES)
        self.shown = names[(names.index(self.shown) + steps) % len(names)]
        self.show_lines(to_top=True)

    def do_report_csv(self) -> None:
        """Write this report into a CSV file."""
        self._write("csv")

    def do_report_json(self) -> None:
        """Write this report into a JSON file."""
        self._write("json")

    def _write(self, extension: str) -> None:
        found, name = self.reports, self.shown
        if found is None:
            return

        def chosen(path: object) -> None:
            if path:
                self.work(self._written(found, name, str(path)))

        self.over(Prompt(Content("Write the report to"), f"~/{name}.{extension}"), chosen)

    async def _written(self, found: Reports, name: str, path: str) -> None:
        place = await self.dealdesk.host.read(lambda _: reporting.write(found, name, path))
        self.tell(f"Written: {place}")
