"""The frame: options, exit codes, what is printed and what is not."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.program import COMMAND, ROOT, Inside, Program
from tui.__main__ import is_workspace
from tui.cli import root as table_of_commands
from tui.cli.frame import Root, home_command
from tui.cli.output import dumps, table
from tui.engine.text import BIDI


def test_json_and_home_are_understood_before_and_after_the_command(tmp_path: Path) -> None:
    home = str(tmp_path / "elsewhere")
    for words in (
        ["--home", home, "--json", "account", "list"],
        ["account", "--json", "--home", home, "list"],
        ["account", "list", "--json", f"--home={home}"],
    ):
        ended = CliRunner().invoke(table_of_commands.root, words)
        assert (ended.exit_code, ended.stdout) == (0, "[]\n"), words
    assert (tmp_path / "elsewhere" / "data" / "crm.db").exists()


def test_every_command_says_what_it_does() -> None:
    runner = CliRunner()
    for noun in table_of_commands.NOUNS:
        ended = runner.invoke(table_of_commands.root, [noun, "--help"])
        assert ended.exit_code == 0, noun
        assert "--json" in ended.stdout
    ended = runner.invoke(table_of_commands.root, ["--help"])
    assert all(noun in ended.stdout for noun in table_of_commands.NOUNS)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], True),
        (["--home", "x"], True),
        (["--home=x"], True),
        (["--home"], False),
        (["--help"], False),
        (["--json"], False),
        (["--home", "x", "account"], False),
        (["account", "list"], False),
    ],
)
def test_only_no_command_at_all_means_the_workspace(arguments: list[str], expected: bool) -> None:
    assert is_workspace(arguments) is expected


def test_the_workspace_needs_a_terminal(home: Path) -> None:
    assert "needs a terminal" in Program(home).fails()


def test_a_fault_of_ours_is_one_sentence_and_a_traceback_in_the_log(home: Path) -> None:
    root = Root("dealdesk", nouns={})

    @root.command("break")
    @home_command
    async def _break(paths: object, out: object) -> None:
        raise ZeroDivisionError("on purpose")

    root._nouns["break"] = ("", "")
    root.get_command = lambda ctx, cmd_name: root.commands[cmd_name]  # type: ignore[method-assign]
    ended = CliRunner().invoke(root, ["break"])
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.startswith("dealdesk made a mistake (ZeroDivisionError)")
    assert "on purpose" in (home / "state" / "dealdesk.log").read_text()


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    """`dealdesk ... | head -0` says nothing on stderr."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*COMMAND, "account", "list"],
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=Program(home).environment,
        check=False,
    )
    os.close(write)
    assert done.stderr == b""


def test_output_that_cannot_be_written_is_no_mistake_of_ours(home: Path) -> None:
    words, environment = [*COMMAND, "account", "list"], Program(home).environment
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 1
    assert done.stderr == b"The output can't be written (No space left on device); make room where it goes.\n"


def test_bytes_that_are_no_text_are_refused_and_never_left_out(home: Path) -> None:
    desk = Inside(home)
    assert "no text in UTF-8" in desk.fails("person", "add", "--name", "J\udcfcrgen", "--email", "j@example.org")
    assert desk.json("person", "list") == []
    named = home / "B\udcfccher.csv"
    named.write_text("Name,E-mail 1 - Value\nAnn,ann@example.org\n")
    assert desk.json("import", "people", named)["created"] == 1


def test_removing_asks_where_somebody_can_answer(home: Path) -> None:
    """On a terminal `account remove` asks, and No leaves everything as it was."""
    desk = Inside(home)
    dead = ("--imap-host", "127.0.0.1", "--imap-port", 1, "--smtp-host", "127.0.0.1", "--no-check", "--password-stdin")
    desk.ok("account", "add", "--email", "a@b.example", *dead, given="x")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "account", "remove", "a@b.example"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=Program(home).environment,
    )
    os.close(theirs)
    os.write(ours, b"n\n")
    said = b""
    while b"]:" not in said:
        said += os.read(ours, 1000)
    assert process.wait(30) != 0
    os.close(ours)
    assert b"0 kept, 0 removed" in said
    assert process.returncode == 1
    assert len(desk.json("account", "list")) == 1


def test_commands_load_no_terminal_toolkit(home: Path) -> None:
    """A command starts without Textual, which takes a third of a second."""
    code = (
        "import sys; sys.argv = ['dealdesk', 'account', 'list', '--json']\n"
        "from tui.__main__ import main\n"
        "try: main()\nexcept SystemExit: print('textual' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=ROOT, env=Program(home).environment, check=True
    )
    assert done.stdout == b"[]\nFalse\n"


@given(st.text())
def test_json_obeys_nobody_and_says_the_same(text: str) -> None:
    """What a mail says arrives whole in JSON, and none of it is a control character on the way."""
    written = dumps({"text": text})
    assert json.loads(written) == {"text": text}
    assert not re.search(f"[\x00-\x1f\x7f-\x9f{BIDI}]", written)


def test_tables_align_whatever_their_cells_hold() -> None:
    lines = table(("id", "name"), [(1, "日本"), (22, "a\x1b[31m\nb")], right=(0,))
    assert lines == ["id  name", " 1  日本", "22  a[31m b"]
    assert table(("id",), []) == []
