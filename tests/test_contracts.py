"""The rules that keep the tree in order: what may import what, where SQL lives, how long and how named a file is."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "tui").rglob("*.py"))
EVERY_FILE = sorted(path for top in ("tui", "tests", "bench") for path in (ROOT / top).rglob("*.py"))
LONGEST_FILE = 400
VAGUE_NAMES = re.compile(r"(^|_)(utils?|helpers?|manager|common|misc)(_|$)")
SQL = re.compile(
    r"^\s*(SELECT\s+.+\s+FROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX|"
    r"TRIGGER|VIRTUAL)\s|ALTER\s+TABLE\s|DROP\s+(TABLE|INDEX)\s|PRAGMA\s+\w+|WITH\s+(RECURSIVE\s+)?\w+\s*(\([^)]*\)\s*)?AS\s)",
    re.S,
)
NOT_BEFORE_FIRST_PAINT = {
    "aioimaplib",
    "aiosmtplib",
    "aiosqlite",
    "cryptography",
    "fast_mail_parser",
    "keyring",
    "pymap",
    "selectolax",
    "smtplib",
    "imaplib",
}
"""Mail, HTML, TLS and CRM code is imported after the first paint (DESIGN.md, Dependencies)."""
ENGINE_AFTER_FIRST_PAINT = tuple(
    f"tui.engine.{part}"
    for part in ("commands", "core", "events", "imap", "journal", "linking", "mail.", "network", "sync", "store.db")
)


def rel(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def loaded_by(module: str) -> set[str]:
    """Return the modules that `import module` pulls into a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); import {module}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every string of a module that isn't a docstring, f-strings by their fixed parts."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program, "--no-cache"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_engine_pulls_in_no_terminal() -> None:
    module = "tui.engine.core" if exists("tui.engine.core") else "tui.engine"
    tops = {name.partition(".")[0] for name in loaded_by(module)}
    assert not tops & {"textual", "rich", "click", "pymap", "aiosmtpd"}


def test_the_way_to_the_first_paint_pulls_in_no_mail_code() -> None:
    for module in ("tui.__main__", "tui.app", "tui.screens.workspace"):
        loaded = loaded_by(module)
        assert not {name.partition(".")[0] for name in loaded} & NOT_BEFORE_FIRST_PAINT, module
        assert [name for name in loaded if name.startswith(ENGINE_AFTER_FIRST_PAINT)] == [], module


def test_screens_use_only_the_engines_public_names() -> None:
    public = {"", "core", "host", "events", "commands", "model", "text", "errors", "config", "paths", "linking"}
    public |= {"reads", "reporting", "newcomers", "oneline", "answering", "drafts", "reopening", "filing", "saving"}
    public |= {"identities", "later", "templates", "doubts", "merging", "findings", "examining", "pictures"}
    wrong = []
    for path in SOURCES:
        if rel(path).startswith(("tui/screens/", "tui/widgets/")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tui.engine."):
                    part = (node.module or "").split(".")[2]
                    wrong += [f"{rel(path)}:{node.lineno} {node.module}"] * (part not in public)
    assert not wrong


def test_SQL_is_written_only_in_the_stores() -> None:
    wrong = [
        f"{rel(path)}:{line} {text[:60]!r}"
        for path in SOURCES
        if not rel(path).startswith(("tui/engine/store/", "tui/engine/crm/"))
        for line, text in strings(ast.parse(path.read_text()))
        if SQL.match(text)
    ]
    assert not wrong


def test_no_file_is_longer_than_a_person_reads() -> None:
    sizes = {rel(path): len(path.read_text().splitlines()) for path in EVERY_FILE}
    assert {path: size for path, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [
        rel(path) for path in EVERY_FILE if VAGUE_NAMES.search(path.stem) or VAGUE_NAMES.search(path.parent.name)
    ] == []


def test_no_data_reaches_a_widget_as_markup() -> None:
    """A plain string with `[/x]` in it crashes a widget that takes markup: data goes in as Content."""
    wrong = []
    for path in SOURCES:
        if not rel(path).startswith(("tui/screens/", "tui/widgets/", "tui/app.py")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.JoinedStr):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            plain = any(
                word.arg == "markup" and isinstance(word.value, ast.Constant) and word.value.value is False
                for word in node.keywords
            )
            if name in {"Static", "Label", "notify", "Button", "Checkbox"} and not plain:
                wrong.append(f"{rel(path)}:{node.lineno} {name}(f...)")
    assert not wrong


def test_no_error_is_swallowed() -> None:
    wrong = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"}
                empty = all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
                wrong += [f"{rel(path)}:{node.lineno} except"] * (broad and empty)
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "suppress":
                wrong += [f"{rel(path)}:{node.lineno} suppress"] * any(
                    getattr(kind, "id", "") in {"Exception", "BaseException"} for kind in node.args
                )
    assert not wrong


def test_no_shell_is_started() -> None:
    wrong = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                call = ast.unparse(node.func)
                shell = any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords)
                wrong += [f"{rel(path)}:{node.lineno} {call}"] * (
                    shell or call in {"os.system", "os.popen", "asyncio.create_subprocess_shell"}
                )
    assert not wrong


def test_nothing_unfinished_is_left() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [
        f"{rel(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert not found


def test_everything_public_says_what_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "D1", "--ignore", "D105,D107", "-q", "tui"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_has_exact_versions_and_no_addresses() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    entries = re.findall(r"^[A-Za-z].*$", text, re.M)
    assert all(re.match(r"[a-z0-9.-]+==[0-9][\w.]*( ;.*)? \\$", entry) for entry in entries)
    wanted = set(re.findall(r'^  "([A-Za-z0-9_-]+)(?:\[\w+\])?[><=]', (ROOT / "pyproject.toml").read_text(), re.M))
    pinned = {entry.partition("==")[0] for entry in entries}
    assert {name.lower().replace("_", "-") for name in wanted} - {"dealdesk"} <= pinned
