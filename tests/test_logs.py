"""Lines of our own making: one JSON object in ASCII, whatever a request brought."""

from __future__ import annotations

import json
import logging

import pytest

from app.logs import write_line


@pytest.mark.parametrize(
    "path", ["image/a.png", "image/Größe.png", "image/\u202egnp.a", "image/\ud800.png", 'a"\n\\b']
)
def test_a_line_is_one_object_in_ascii(path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Plain text, umlauts, text that runs from right to left, half a pair, quotes and line ends."""
    with caplog.at_level(logging.INFO):
        write_line(logging.getLogger("test"), {"path": path, "status": 200})
    [record] = caplog.records
    text = str(record.msg)
    assert text.isascii()
    assert text.count("\n") == 0
    assert json.loads(text) == {"path": path, "status": 200}
