"""Servers that let nobody stay: they are asked again with pauses that grow, and the neighbour is not held up."""

from __future__ import annotations

import asyncio

from tests.engine.hostile.conftest import BAD, GOOD, Siege
from tests.engine.hostile.lies import ESCAPES
from tests.engine.hostile.server import Said


async def test_a_bye_after_each_login_is_no_busy_loop(siege: Siege) -> None:
    """Back-off: a server that throws out whoever logs in is tried again with growing pauses."""

    def bye(said: Said) -> bytes:
        return said.honest + b"* BYE " + ESCAPES + b"\r\n"

    siege.server.lies.update({"AUTHENTICATE": bye})
    before = siege.server.logins
    await siege.victim.ask("start")
    while siege.server.logins < before + 8:
        siege.server.heard.clear()
        await siege.server.heard.wait()
    began = asyncio.get_running_loop().time()
    while siege.server.logins < before + 11:
        siege.server.heard.clear()
        await siege.server.heard.wait()
    assert asyncio.get_running_loop().time() - began > 0.3
    state = await siege.victim.ask("state")
    await siege.victim.ask("stop")
    assert state["states"][BAD][1].isprintable()
    assert state["states"][BAD][1] != ""
    assert state["states"][GOOD][1] == ""
    assert len(state["subjects"]) == 7
