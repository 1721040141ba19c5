"""Key maps: the profile's keys and the person's own over the action table, looked up by pane and key sequence.

``default.toml``, ``mutt.toml``, ``gmail.toml`` and ``aerc.toml`` are data: action id -> keys. The default profile is
the table itself; the others name only what differs. The config's ``[keys]`` wins over both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from tui.actions import ACTIONS, Action
from tui.engine.errors import ConfigError

PROFILES = ("default", "mutt", "gmail", "aerc")

Sequence = tuple[str, ...]

_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "space": "Space",
    "delete": "Del",
    "backspace": "Backspace",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "insert": "Insert",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
_MODIFIERS = {"ctrl": "C-", "shift": "S-", "alt": "M-"}
_KNOWN = frozenset(_NAMES.values()) | {"comma"}


def token(key: str, character: str | None) -> str:
    """Return how KEYS.md writes a key press: Textual's ``ctrl+d`` is ``C-d``, ``pagedown`` ``PgDn``, ``J`` ``J``."""
    if (
        character is not None
        and character.isprintable()
        and character != " "
        and "ctrl" not in key
        and "alt" not in key
    ):
        return "comma" if character == "," else character
    *modifiers, name = key.split("+")
    return "".join(_MODIFIERS.get(modifier, f"{modifier}-") for modifier in modifiers) + _NAMES.get(name, name)


@lru_cache(512)
def parse(keys: str) -> tuple[Sequence, ...]:
    """Return the alternatives of ``g g, Home`` as sequences of tokens.

    Raises:
        ConfigError: a key is not one that can be written.
    """
    found = []
    for alternative in keys.split(","):
        sequence = tuple(alternative.split())
        if not sequence:
            if keys.strip():
                raise ConfigError(f'"{keys}" has an empty key between its commas; the comma itself is written "comma".')
            continue
        for one in sequence:
            name = one
            while len(name) > 2 and name[:2] in ("C-", "S-", "M-"):
                name = name[2:]
            if len(name) != 1 and name not in _KNOWN:
                raise ConfigError(f'"{one}" in "{keys}" is not a key; write it as j, C-d, S-Tab, PgDn or F5.')
        found.append(sequence)
    return tuple(found)


def display(sequence: Sequence) -> str:
    """Return a sequence as a person reads it: ``g i``, ``C-d``."""
    return " ".join("," if one == "comma" else one for one in sequence)


class KeyMap:
    """The live keys: action by pane and sequence.

    Args:
        keys: action id -> keys, over the table's own; an id that is no action is an error.
        actions: the table.

    Raises:
        ConfigError: an unknown action or an unwritable key.
    """

    def __init__(self, keys: Mapping[str, str] | None = None, actions: Iterable[Action] = ACTIONS) -> None:
        self.actions = tuple(actions)
        own = dict(keys or {})
        self._sequences: dict[str, tuple[Sequence, ...]] = {}
        for action in self.actions:
            self._sequences[action.id] = parse(own.pop(action.id, action.keys))
        if own:
            raise ConfigError(
                f'"{next(iter(own))}" is not an action; `?` in the workspace lists them with their names.'
            )
        self._panes: dict[str, dict[Sequence, Action]] = {}
        for action in self.actions:
            for pane in action.where:
                table = self._panes.setdefault(pane, {})
                for sequence in self._sequences[action.id]:
                    table.setdefault(sequence, action)

    def find(self, pane: str, sequence: Sequence) -> Action | None:
        """Return the action of a complete sequence in ``pane``, or None."""
        return self._panes.get(pane, {}).get(sequence)

    def following(self, pane: str, prefix: Sequence) -> list[tuple[Sequence, Action]]:
        """Return what may follow ``prefix`` in ``pane``: the rest of each sequence and its action."""
        size = len(prefix)
        table = self._panes.get(pane, {})
        return [(keys[size:], action) for keys, action in table.items() if len(keys) > size and keys[:size] == prefix]

    def keys(self, action_id: str) -> list[str]:
        """Return the keys of an action as a person reads them."""
        return [display(sequence) for sequence in self._sequences.get(action_id, ())]

    def first_key(self, action_id: str) -> str:
        """Return the first key of an action, "" when it has none."""
        return next(iter(self.keys(action_id)), "")

    def problems(self) -> list[str]:
        """Return what is wrong: keys given twice in a pane, keys that another one's prefix hides, actions without."""
        found = []
        for action in self.actions:
            if action.keys and not self._sequences[action.id]:
                found.append(f"{action.id} has no key")
            for pane in action.where:
                for sequence in self._sequences[action.id]:
                    winner = self._panes[pane][sequence]
                    if winner is not action:
                        found.append(f'"{display(sequence)}" in {pane} is both {winner.id} and {action.id}')
                    if self.following(pane, sequence):
                        found.append(f'"{display(sequence)}" in {pane} ({action.id}) also begins longer keys')
        return sorted(set(found))


def profile(name: str) -> dict[str, str]:
    """Return a profile's keys, action id -> keys, as its file says.

    Raises:
        ConfigError: there is no such profile.
    """
    if name not in PROFILES:
        raise ConfigError(f'"{name}" is not a key map; choose one of {", ".join(PROFILES)}.')
    import tomllib

    data = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))
    return {str(action): str(keys) for action, keys in data["keys"].items()}


def load(name: str = "default", own: Mapping[str, str] | None = None) -> KeyMap:
    """Return the key map of profile ``name`` with the person's own keys over it.

    Raises:
        ConfigError: an unknown profile, action or key, or keys that clash with others.
    """
    chosen = {} if name == "default" else profile(name)
    keymap = KeyMap({**chosen, **(own or {})})
    if own and (problems := keymap.problems()):
        raise ConfigError(f"The config's [keys] can't be used: {problems[0]}; change one of them.")
    return keymap


def as_toml(actions: Iterable[Action] = ACTIONS) -> str:
    """Return the table's keys as the text of ``default.toml``, for people to copy from."""
    import json

    lines = [
        "# The default key map: action = keys. Copy lines into [keys] of config.toml and change them there.",
        "[keys]",
    ]
    lines += [f"{json.dumps(action.id)} = {json.dumps(action.keys)}" for action in actions if action.keys]
    return "\n".join(lines) + "\n"
