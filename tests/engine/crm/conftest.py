from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.crm.desk import Crm
from tui.engine.core import Engine
from tui.engine.crm.activities import Activities, Notes
from tui.engine.crm.db import CrmDb
from tui.engine.crm.deals import Deals
from tui.engine.crm.organizations import Organizations
from tui.engine.crm.people import People
from tui.engine.crm.pipelines import Pipelines
from tui.engine.crm.publish import Publisher
from tui.engine.crm.reader import CrmReader
from tui.engine.paths import Paths


@pytest.fixture
async def crm(tmp_path: Path) -> AsyncIterator[Crm]:
    path = tmp_path / "crm.db"
    db = await CrmDb.open(path)
    reader = CrmReader(path)
    yield Crm(
        path,
        db,
        People(db),
        Organizations(db),
        Deals(db),
        Pipelines(db),
        Activities(db),
        Notes(db),
        Publisher(db),
        reader,
    )
    reader.close()
    await db.close()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    opened = await Engine.open(Paths.of(tmp_path / "home"))
    yield opened
    await opened.close()
