"""Where things lie: one folder with ``--home``, else where the platform wants them. Folders 0700, files 0600."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from tui.engine.errors import ConfigError


class Paths(NamedTuple):
    """The folders of one home.

    Args:
        config: holds ``config.toml``.
        data: holds ``mailbox.db``, ``crm.db`` and ``secrets/``.
        state: holds the lock, the log and spooled literals.
        own_home: True when the person named the home, so that nothing outside it (keyring included) is used.
    """

    config: Path
    data: Path
    state: Path
    own_home: bool

    @classmethod
    def of(cls, home: str | os.PathLike[str] | None = None) -> Paths:
        """Return the paths of ``home``, of ``DEALDESK_HOME``, or of the platform; nothing is created."""
        chosen = home or os.environ.get("DEALDESK_HOME")
        if chosen:
            root = Path(chosen).expanduser().absolute()
            return cls(root / "config", root / "data", root / "state", True)
        from platformdirs import PlatformDirs

        dirs = PlatformDirs("dealdesk", appauthor=False)
        return cls(Path(dirs.user_config_path), Path(dirs.user_data_path), Path(dirs.user_state_path), False)

    def create(self) -> None:
        """Make the folders, readable by their owner alone.

        Raises:
            ConfigError: a folder can't be made or used.
        """
        for folder in (self.config, self.data, self.state, self.secrets, self.spool):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
            except OSError as error:
                raise ConfigError(
                    f"The folder {folder} can't be used ({error.strerror}); choose another one with --home."
                ) from error

    @property
    def mailbox(self) -> Path:
        """The mailbox database."""
        return self.data / "mailbox.db"

    @property
    def crm(self) -> Path:
        """The CRM database."""
        return self.data / "crm.db"

    @property
    def secrets(self) -> Path:
        """Passwords as 0600 files, where no keyring is used."""
        return self.data / "secrets"

    @property
    def settings(self) -> Path:
        """The config file."""
        return self.config / "config.toml"

    @property
    def lock(self) -> Path:
        """Held by the process that runs the network."""
        return self.state / "network.lock"

    @property
    def log(self) -> Path:
        """The engine's log; never holds a secret or mail."""
        return self.state / "dealdesk.log"

    @property
    def spool(self) -> Path:
        """Literals too big for memory, while they arrive."""
        return self.state / "spool"
