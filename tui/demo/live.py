"""The demo's world under the workspace: filled when the engine is open, alive as long as the screen is."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from tui.demo.world import World
from tui.engine.errors import DealdeskError
from tui.engine.events import Notified

if TYPE_CHECKING:
    from tui.engine.core import Engine


class Live:
    """Fills a workspace and has the customer write into it.

    Args:
        pace: factor on the customer's waiting times.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self.world = World()
        self.error = ""
        """Why the demo could not be filled, as one sentence; empty when it could."""
        self.filled = threading.Event()
        """Set when ``fill`` has ended, well or not."""
        self._pace = pace

    async def fill(self, engine: Engine) -> None:
        """Start the servers, fill them and the workspace, and let the customer begin; runs on the engine's loop.

        A failure is told as a notice, because the screen is up by then, and kept in ``error``.
        """
        from tui.demo.customer import Customer
        from tui.demo.setup import setup, stock

        try:
            await asyncio.to_thread(self.world.start)
            await asyncio.to_thread(stock, self.world)
            await setup(self.world, engine)
            Customer(self.world, pace=self._pace).start()
        except DealdeskError as error:
            self.error = str(error)
            engine.events.publish(Notified(self.error, "error"))
        finally:
            self.filled.set()

    def stop(self) -> None:
        """End the servers and the customer; waits at most 2 s."""
        self.world.stop()
