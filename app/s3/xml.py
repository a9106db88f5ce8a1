"""S3's XML answers: one reader for all of them.

A document counts for what was asked only by its root element, in whatever namespace the store
writes it: a proxy's page, or an error that comes with a 200, is no empty list and no success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote_plus

# Entities and other encodings are kept away from it below.
from xml.etree.ElementTree import Element, ParseError, fromstring

from app.s3.errors import garbled

_BOM = b"\xef\xbb\xbf"
_MAX_DIGITS = 19


class Document:
    """One answer. ``name`` is its root element's, without namespace."""

    __slots__ = ("_namespace", "_root", "decode", "name")

    def __init__(self, root: Element) -> None:
        self._root = root
        self._namespace = root.tag[: root.tag.rfind("}") + 1]
        self.name = root.tag.removeprefix(self._namespace)
        self.decode: Callable[[str], str] = (
            unquote_plus if self.text("EncodingType") == "url" else str
        )
        """From a key, prefix or marker of a listing to what it stands for. Stores that were asked
        to encode them, and do not say so, did not."""

    @classmethod
    def of(cls, body: bytes) -> Document:
        """Read an answer's body. Raises ``StorageError`` for what is no XML, or has a DTD."""
        # S3 sends spaces while it works: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
        body = body.removeprefix(_BOM).lstrip()
        # A DTD could define entities that grow, and an encoding of more than a byte could hide it.
        if not body.startswith(b"<") or b"\0" in body or b"<!DOCTYPE" in body:
            raise garbled()
        try:
            return cls(fromstring(body))  # noqa: S314
        except (ParseError, ValueError, LookupError):  # the latter for odd encodings
            raise garbled() from None

    def text(self, name: str) -> str:
        """What stands in the root's child ``name``, empty without one."""
        return self._root.findtext(self._namespace + name) or ""

    def needed(self, name: str) -> str:
        """The same. Raises ``StorageError`` when it is not there."""
        text = self.text(name)
        if not text:
            raise garbled()
        return text

    @property
    def is_truncated(self) -> bool:
        """Whether a listing says that there is more."""
        return self.text("IsTruncated") == "true"

    def each(self, *names: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The root's children of these names in their order, as name and texts by name."""
        start = len(self._namespace)
        tags = {self._namespace + name: name for name in names}
        for child in self._root:
            name = tags.get(child.tag)
            if name is not None:
                yield name, {field.tag[start:]: field.text or "" for field in child}


@contextmanager
def reading() -> Iterator[None]:
    """Whoever reads a document without what it must hold, or with other values, gets a
    ``StorageError``."""
    try:
        yield
    except (KeyError, ValueError) as error:
        raise garbled() from error


def whole_number(text: str) -> int:
    """A size or a part's number. ValueError for anything but ASCII digits."""
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DIGITS:
        raise ValueError("no whole number")
    return int(text)
