"""The engines that are compared, by the name they go by on the command line."""

from __future__ import annotations

from engines.duck import DuckDb, DuckDbParquet
from engines.house import ClickHouse
from engines.lake import Lake

ENGINES = {engine.name: engine for engine in (Lake, DuckDb, DuckDbParquet, ClickHouse)}
OURS = Lake.name
