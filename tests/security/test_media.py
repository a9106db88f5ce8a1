"""T42: the gateway parses no media beyond the first bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app.media.first_bytes import FIRST_BYTES
from app.s3.client import S3Client
from app.s3.operations import GET_OBJECT, Operation
from tests.gateway import Caller

APP = Path(__file__).parents[2] / "app"
# What decodes pictures, sound, film, archives or documents.
DECODERS = "PIL|cv2|av|ffmpeg|wave|zipfile|tarfile|gzip|bz2|lzma|lxml|pypdf|imageio|mutagen|numpy"


def test_t42_verifying_reads_the_first_4_kb(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """T42: of a megabyte, completion asks the store for 4,096 bytes and no more."""
    asked: list[str] = []
    ask = S3Client.ask

    def watch(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        if operation is GET_OBJECT:
            asked.append(options["headers"]["range"])
        return ask(self, operation, key, **options)

    monkeypatch.setattr(S3Client, "ask", watch)
    alice.upload(b"\x89PNG\r\n\x1a\n" + bytes(1024 * 1024))
    assert asked == [f"bytes=0-{FIRST_BYTES - 1}"] == ["bytes=0-4095"]


def test_t42_no_decoder_is_imported() -> None:
    """T42: nothing in the service imports a library that decodes media, archives or documents."""
    for path in APP.rglob("*.py"):
        text = path.read_text()
        assert not re.search(rf"^\s*(?:import|from) (?:{DECODERS})\b", text, re.M), path
