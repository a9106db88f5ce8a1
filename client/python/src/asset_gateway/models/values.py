"""What documents are read with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
