"""The agenda, the reports and the import screen, by keys on a filled home."""

from __future__ import annotations

import csv
import json
import os
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.program import Inside
from tests.screens.home import workspace
from tests.screens.test_deals import rest
from tests.widgets.goldens import assert_golden, screen_text
from tui import cells
from tui.engine import reporting
from tui.engine.model import Activity, DealRef, Stale
from tui.engine.paths import Paths
from tui.engine.reporting import Reports
from tui.engine.store.reader import Reader
from tui.screens.agenda import PERIODS, AgendaScreen, period
from tui.screens.importing import ImportScreen
from tui.screens.reports import ReportsScreen
from tui.screens.stories import DealScreen
from tui.widgets.plots import plot, stack

NOW = int(datetime(2026, 11, 23, 15, 0, tzinfo=UTC).timestamp())
DAY = 86_400
MIDNIGHT = NOW - NOW % DAY


def activity(due: int, all_day: bool = True) -> Activity:
    return Activity(1, "task", "call", due, all_day, None, None, None, "", 0)


@pytest.mark.parametrize(
    ("due", "all_day", "part"),
    [
        (MIDNIGHT - DAY, True, "late"),
        (MIDNIGHT, True, "today"),
        (NOW - 60, False, "late"),
        (NOW + 60, False, "today"),
        (MIDNIGHT + DAY, True, "week"),
        (MIDNIGHT + 7 * DAY, True, "week"),
        (MIDNIGHT + 8 * DAY, True, "later"),
    ],
)
def test_what_is_due_belongs_to_one_part_of_the_agenda(due: int, all_day: bool, part: str, still: Paths) -> None:
    """A whole day is late only when it is over; a moment as soon as it has passed."""
    assert part in PERIODS
    assert period(activity(due, all_day), NOW) == part


async def test_the_agenda_finishes_puts_off_and_opens(still: Paths) -> None:
    async with workspace(still, 120, 40) as (pilot, screen):
        await rest(pilot, "g", "w")
        agenda = pilot.app.screen
        assert isinstance(agenda, AgendaScreen)
        assert_golden(pilot.app, "agenda-120x40")
        crm = screen.dealdesk.host.reader.crm
        before = crm.activities()
        first = agenda.lines.cursor_key
        assert isinstance(first, Activity)
        await rest(pilot, "+")
        moved = next(one for one in crm.activities() if one.id == first.id)
        assert moved.due == first.due + DAY
        await rest(pilot, "u")
        assert crm.activities() == before
        agenda.lines.go_to(first)
        await rest(pilot, "x")
        assert first.id not in {one.id for one in crm.activities()}
        await rest(pilot, "u", "t", *"tomorrow buy paper", "enter")
        assert "buy paper" in screen_text(pilot.app)
        agenda.lines.go_to(next(one for one in agenda.activities if one.deal is not None))
        await rest(pilot, "enter")
        assert isinstance(pilot.app.screen, DealScreen)


async def test_a_late_task_is_put_off_to_tomorrow(still: Paths) -> None:
    async with workspace(still, 80, 24) as (pilot, screen):
        today = 1_764_000_000 // DAY * DAY
        dealdesk = screen.dealdesk
        changed = await dealdesk.ask(lambda engine: engine.activities.add("old thing", today - 30 * DAY))
        await rest(pilot, "g", "w")
        agenda = pilot.app.screen
        assert isinstance(agenda, AgendaScreen)
        assert_golden(pilot.app, "agenda-80x24")
        agenda.lines.go_to(next(one for one in agenda.activities if one.id == changed.id))
        await rest(pilot, "+")
        assert next(one for one in dealdesk.host.reader.crm.activities() if one.id == changed.id).due == today + DAY


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
async def test_reports_are_plotted(width: int, height: int, still: Paths) -> None:
    async with workspace(still, width, height) as (pilot, _):
        await rest(pilot, "g", "r")
        assert isinstance(pilot.app.screen, ReportsScreen)
        for name in ("pipeline", "forecast", "outcomes", "conversion", "mail", "waiting", "stale"):
            assert pilot.app.screen.shown == name
            assert_golden(pilot.app, f"report-{name}-{width}x{height}")
            await rest(pilot, "right")
        assert pilot.app.screen.shown == "pipeline"


def test_silent_deals_are_measured_by_their_days() -> None:
    """The line opens its deal; the longest silence is the longest bar."""
    found = [Stale(DealRef(at, f"Deal {at}", "Lead", "open"), 0, days, None) for at, days in ((1, 40), (2, 20))]
    head, first, second = plot("stale", Reports((), (), (), (), (), (), found, (), 0), 80)
    assert [one.key for one in (head, first, second)] == [None, found[0].deal, found[1].deal]
    drawn = ["".join(text for text, _ in one.line) for one in (first, second)]
    assert [line.split()[:5] for line in drawn] == [["Deal", "1", "none", "40", "d"], ["Deal", "2", "none", "20", "d"]]
    longer, shorter = (line.count("█") for line in drawn)
    assert 2 * shorter <= longer <= 2 * shorter + 2


async def test_a_report_is_written_as_csv_and_json_and_never_over_a_file(paths: Paths, tmp_path: Path) -> None:
    async with workspace(paths, 120, 40) as (pilot, screen):
        await rest(pilot, "g", "r")
        for key, name in (("c", "sums.csv"), ("J", "sums.json")):
            await rest(pilot, key, *["backspace"] * 40, *str(tmp_path / name), "enter")
        sums = screen.dealdesk.host.reader.crm.pipeline_sums()
        written = list(csv.DictReader((tmp_path / "sums.csv").read_text().splitlines()))
        assert [one["stage"] for one in written] == [one.stage for one in sums]
        assert [one["deals"] for one in json.loads((tmp_path / "sums.json").read_text())] == [x.deals for x in sums]
        before = (tmp_path / "sums.csv").read_bytes()
        await rest(pilot, "c", *["backspace"] * 40, *str(tmp_path / "sums.csv"), "enter")
        assert (tmp_path / "sums.csv").read_bytes() == before
        assert os.stat(tmp_path / "sums.csv").st_mode & 0o077 == 0


async def test_what_ambiguous_dates_and_amounts_mean_is_asked_and_said_by_a_key(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deals.csv").write_text("Title,Value,Expected close\nOne,1.200,03/04/2027\n")
    async with workspace(paths, 80, 24) as (pilot, screen):
        await rest(pilot, "g", "m", *"deals.csv", "enter", "t")
        page = pilot.app.screen
        assert isinstance(page, ImportScreen)
        assert page.report is not None
        assert page.report.ambiguous
        assert "d says what such dates and amounts mean" in screen_text(pilot.app)
        await rest(pilot, "d", "1")
        await rest(pilot, "t")
        assert page.report.ambiguous, "the amount still is"
        for keys in (("d", "3"), ("d", "5", "ctrl+u", *"JPY", "enter"), ("t",)):
            await rest(pilot, *keys)
        assert "dmy · , · JPY" in screen_text(pilot.app)
        await rest(pilot, "I")
        deal = screen.dealdesk.host.reader.crm.deal("One")
        assert (deal.value, deal.currency, deal.expected_close) == (1200, "JPY", "2027-04-03")


def test_a_report_s_file_has_the_shape_that_the_command_line_gives(still: Paths, tmp_path: Path) -> None:
    """One report, one shape: CSV and JSON of the screen's key and of ``report NAME`` are the same."""
    desk = Inside(still.config.parent)
    with closing(Reader(still)) as reader:
        found = reporting.read(reader.crm, int(time.time()))
    assert found.waiting
    assert found.agenda
    for name in ("pipeline", "forecast", "conversion", "mail", "waiting"):
        told = json.loads(reporting.write(found, name, tmp_path / f"{name}.json").read_text())
        assert told == desk.json("report", name)
        assert (
            reporting.write(found, name, tmp_path / f"{name}.csv").read_text().splitlines()
            == desk.ok("report", name, "--csv").splitlines()
        )
    for name, within in (("outcomes", "conversion"), ("stale", "waiting")):
        told = json.loads(reporting.write(found, name, tmp_path / f"{name}.json").read_text())
        assert told == desk.json("report", within)[name]


async def test_a_file_is_looked_at_tried_taken_in_and_taken_back(paths: Paths, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text(
        "First Name;Last Name;E-mail Address;Spalte\nOna;Olsen;ona@olsen.example;x\nBad;Row;not an address;y\n"
    )
    async with workspace(paths, 120, 40) as (pilot, screen):
        crm = screen.dealdesk.host.reader.crm
        before = crm.persons()
        await rest(pilot, "g", "m")
        await rest(pilot, *str(table), "enter")
        page = pilot.app.screen
        assert isinstance(page, ImportScreen)
        assert page.kind == "people"
        shown = screen_text(pilot.app)
        assert all(word in shown for word in ("Outlook", "semicolon", "Spalte", "given", "family", "email"))
        await rest(pilot, "t")
        assert page.report is not None
        assert (page.report.created, len(page.report.errors), page.report.dry_run) == (1, 1, True)
        assert crm.persons() == before
        page.lines.go_to(next(one.key for one in page.lines.items if getattr(one.key, "title", "") == "Spalte"))
        await rest(pilot, "e", *"note", "enter")
        assert page.mapping == {"Spalte": "note"}
        await rest(pilot, "I")
        assert crm.person("ona@olsen.example").note == "Spalte: x"
        assert "row" in screen_text(pilot.app)
        assert "1 new, 0 filled in" in screen_text(pilot.app).splitlines()[-1]
        await rest(pilot, "u")
        assert crm.persons() == before
        assert page.report is None, "what is told is true"


async def test_a_file_that_is_not_there_is_one_sentence(paths: Paths, tmp_path: Path) -> None:
    async with workspace(paths, 120, 40) as (pilot, _):
        await rest(pilot, "g", "m")
        await rest(pilot, *str(tmp_path / "none.csv"), "enter")
        page = pilot.app.screen
        assert isinstance(page, ImportScreen)
        assert page.path is None
        assert [one.message for one in pilot.app._notifications] == [
            f'The file "{tmp_path / "none.csv"}" can\'t be read (No such file or directory); choose another one.'
        ]


@given(st.floats(0, 1e9), st.floats(1, 1e9), st.integers(0, 60))
def test_a_bar_fits_its_room_and_shows_what_is_there(value: float, largest: float, room: int) -> None:
    drawn = cells.bar(value, largest, room)
    assert cells.width(drawn) <= room
    assert bool(drawn) == (value > 0 and room > 0)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=3), st.integers(0, 80))
def test_the_parts_of_a_bar_are_told_apart_without_colour(values: list[int], room: int) -> None:
    drawn = stack(values, max(1, sum(values)), room)
    assert len(drawn) == len(values)
    assert sum(map(cells.width, drawn)) <= room
    assert all(bool(text) <= (value > 0) for text, value in zip(drawn, values, strict=True))
    if room >= 3 and sum(map(bool, values)) > 1:
        assert bool(drawn[0]) == (values[0] > 0)
    assert len({text[0] for text in drawn if text}) == len([text for text in drawn if text])
