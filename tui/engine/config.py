"""The config file: the few settings a person may choose. It never holds a secret or an account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tui.engine.errors import ConfigError, InvalidInput
from tui.engine.model import Order
from tui.engine.text import line, normalize_address

CHOICES = {
    "contact_link": ("with_open_deal", "always"),
    "multi_deal": ("ask", "newest", "last_active", "all"),
}

LISTED = {"order": tuple(Order), "density": ("compact", "normal", "roomy")}
"""What the message list may be sorted by at first, and how much it says of a message."""

COLUMNS = ("who", "subject", "link", "numbers", "folder", "date", "size", "account")
"""The columns that a message list can have."""

BOUNDS = {"poll_seconds": (5, 3600), "reconcile_seconds": (60, 2_592_000), "undo_seconds": (0, 600)}
"""The least and the most seconds that a setting may be."""


class Config(NamedTuple):
    """What ``config.toml`` may say.

    Args:
        contact_link: R17, ``with_open_deal`` or ``always``.
        multi_deal: what several open deals mean: ``ask``, ``newest``, ``last_active`` or ``all``.
        profile: the key map: ``default``, ``mutt``, ``gmail`` or ``aerc``.
        keys: action id -> keys, over the profile.
        theme: a Textual theme's name.
        poll_seconds: how often folders without push are looked at, 5 to 3600.
        reconcile_seconds: how often each folder is compared with the server UID by UID, 60 (a minute) to 2,592,000.
        editor: command for ``$EDITOR`` when the environment names none.
        undo_seconds: how long a message that was written here waits before it is sent, so that it can be taken back; 0
            (at once) to 600.
        order: what a message list is sorted by at first: ``newest``, ``oldest``, ``sender``, ``subject`` or ``size``.
        density: ``compact`` (a line a message, without preview), ``normal``, or ``roomy`` (two lines).
        columns: the columns of a message list from left to right, of ``COLUMNS``; ``subject`` is one of them.
        user: who you are in the CRM, a name or an address: the owner of new deals and the author of changes; "" for the
            address of the first account.
        identities: address, in small letters -> its ``name`` and ``signature`` (``engine/identities.py``).
    """

    contact_link: str = "with_open_deal"
    multi_deal: str = "ask"
    profile: str = "default"
    keys: Mapping[str, str] = MappingProxyType({})
    theme: str = "dealdesk"
    poll_seconds: int = 60
    reconcile_seconds: int = 86_400
    editor: str = "vi"
    undo_seconds: int = 10
    order: Order = Order.NEWEST
    density: str = "normal"
    columns: tuple[str, ...] = COLUMNS[:6]
    user: str = ""
    identities: Mapping[str, dict[str, str]] = MappingProxyType({})


def load(path: Path) -> Config:
    """Read the config file; a missing one gives the defaults.

    Raises:
        ConfigError: it is not TOML, or a value is not one of those allowed.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The config file {path} can't be read: {error}; correct it or move it away.") from error
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The config file {path} can't be read: {error}; correct it or move it away.") from error
    linking, interface = _table(data, "linking", path), _table(data, "interface", path)
    listed = _table(data, "list", path)
    values: dict[str, Any] = {
        "contact_link": linking.get("contact_link", "with_open_deal"),
        "multi_deal": linking.get("multi_deal", "ask"),
        "profile": interface.get("profile", "default"),
        "theme": interface.get("theme", "dealdesk"),
        "keys": _table(data, "keys", path),
        "poll_seconds": _table(data, "sync", path).get("poll_seconds", 60),
        "reconcile_seconds": _table(data, "sync", path).get("reconcile_seconds", 86_400),
        "editor": interface.get("editor", "vi"),
        "undo_seconds": _table(data, "writing", path).get("undo_seconds", 10),
        "user": _table(data, "crm", path).get("user", ""),
        "identities": _identities(data, path),
        "order": listed.get("order", "newest"),
        "density": listed.get("density", "normal"),
        "columns": _columns(listed.get("columns", list(COLUMNS[:6])), path),
    }
    if not isinstance(values["user"], str):
        raise ConfigError(f"user = {values['user']!r} in {path} is not a text; write a name or an address.")
    for name, allowed in (CHOICES | LISTED).items():
        if values[name] not in allowed:
            raise ConfigError(f'{name} = "{values[name]}" in {path} is not one of {", ".join(allowed)}; correct it.')
    for name, (least, most) in BOUNDS.items():
        if not isinstance(values[name], int) or not least <= values[name] <= most:
            raise ConfigError(
                f"{name} = {values[name]!r} in {path} is not a number from {least} to {most}; correct it."
            )
    return Config(**values | {"order": Order(values["order"])})


def choose(path: Path, name: str, value: str) -> Config:
    """Write another value of one of ``CHOICES`` into the config file, all else in it as it was; return what it says.

    Raises:
        InvalidInput: there is no such setting, or no such value.
        ConfigError: the file can't be read or written.
    """
    if name not in CHOICES or value not in CHOICES[name]:
        allowed = ", ".join(CHOICES.get(name, CHOICES))
        raise InvalidInput(f'{line(name, 40)} = "{line(value, 40)}" is not possible; choose one of {allowed}.')
    load(path)
    import tomllib

    try:
        text = path.read_text("utf-8") if path.exists() else ""
        changed = _with_choice(text, name, value)
        if tomllib.loads(changed).get("linking", {}).get(name) != value:
            raise ConfigError(
                f'[linking] in {path} is written in a way that is not changed here; write {name} = "{value}".'
            )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.touch(mode=0o600)
        fresh.write_text(changed, "utf-8")
        fresh.replace(path)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f'The config file {path} can\'t be changed: {error}; write {name} = "{value}" into it.'
        ) from error
    return load(path)


def _with_choice(text: str, name: str, value: str) -> str:
    lines, said = text.splitlines(), f'{name} = "{value}"'
    heads = [at for at, one in enumerate(lines) if one.strip().startswith("[")]
    here = next((at for at in heads if lines[at].split("#")[0].strip() == "[linking]"), None)
    if here is None:
        return "\n".join([*lines, *([""] if lines else []), "[linking]", said, ""])
    end = next((at for at in heads if at > here), len(lines))
    place = next((at for at in range(here + 1, end) if lines[at].partition("=")[0].strip() == name), None)
    if place is None:
        lines.insert(here + 1, said)
    else:
        lines[place] = said
    return "\n".join([*lines, ""])


def _columns(said: object, path: Path) -> tuple[str, ...]:
    known = isinstance(said, list) and all(one in COLUMNS for one in said)
    if not isinstance(said, list) or not known or len(set(said)) < len(said) or "subject" not in said:
        raise ConfigError(
            f"columns = {said!r} in {path} must be a list of some of {', '.join(COLUMNS)}, each once, subject among"
            " them; correct it."
        )
    return tuple(said)


def _identities(data: dict[str, Any], path: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for address, said in _table(data, "identities", path).items():
        if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
            raise ConfigError(f'[identities."{address}"] in {path} must hold name and signature as texts; correct it.')
        found[normalize_address(address)] = said
    return found


def _table(data: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise ConfigError(f"[{name}] in {path} must be a table; correct it.")
    return value
