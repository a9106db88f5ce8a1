"""What can be told of a head as a text: whether it is one, and of what markup."""

from __future__ import annotations

import re

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
#: WHATWG MIME Sniffing §3 "binary data byte".
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MARKUP = re.compile(rb"<[a-z!?/]", re.IGNORECASE)
#: What every browser takes for HTML (WHATWG MIME Sniffing §7.1), and for drawings and other XML.
_PAGE = re.compile(
    rb"<(?:(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p"
    rb"|img|svg)[\s/>]|!--|\?xml)",
    re.IGNORECASE,
)
#: What may stand before the root element: white space, comments, instructions.
_PROLOG = re.compile(rb"(?:\s|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_DOCTYPE = re.compile(rb"<!doctype\s+([a-z]+)[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ELEMENT = re.compile(rb"<(?:[a-z_][\w.-]*:)?([a-z][a-z0-9]*)[\s/>]", re.IGNORECASE)
_COMMENTS = re.compile(rb"(?:\s|<!--.*?-->)*", re.DOTALL)
#: How a page, a drawing or other XML begins, unlike a fragment of HTML in Markdown: by its
#: declaration, an element that only pages have, a namespace, or a script in the first tag.
_PAGE_ONLY = re.compile(
    rb"<(?:[!?]|(?:html|head|body|title|meta|link|base|script|noscript|style|template|iframe|frame"
    rb"|frameset|object|embed|applet|form|svg|math)[\s/>]|[a-z_][\w.-]*:[a-z]"
    rb"|[^<>]*[\s/\"'](?:xmlns\b|on[a-z]+\s*=)|[^<>]*javascript:)",
    re.IGNORECASE,
)
_AUTOLINK = re.compile(rb"<(?:https?|ftp|mailto|tel|irc|xmpp):", re.IGNORECASE)


def is_text(head: bytes) -> bool:
    """Whether ``head`` says by its mark that it is one, or has no byte that no text has."""
    return head.startswith(_BOMS) or _BINARY.search(head) is None


def unwrapped(head: bytes) -> bytes:
    """``head`` without byte order mark and, for UTF-16 and UTF-32, without the zeros between."""
    wide = head.startswith(_BOMS[1:]) or not any(head[:16:2]) or not any(head[1:16:2])
    for bom in _BOMS:
        head = head.removeprefix(bom)
    return (head.replace(b"\x00", b"") if wide else head).lstrip()


def begins_with_markup(head: bytes) -> bool:
    """Whether a tag, a comment or an instruction comes first, in any spelling of Unicode."""
    return _MARKUP.match(unwrapped(head)) is not None


def begins_as_page(head: bytes) -> bool:
    """As ``begins_with_markup``, but for bytes that may be anything.

    One head of random bytes in a thousand begins with the like of a tag: it has to be one that
    browsers know, or go on as text.
    """
    text = unwrapped(head)
    return _PAGE.match(text) is not None or (is_text(text) and _MARKUP.match(text) is not None)


def is_page(head: bytes) -> bool:
    """Whether a plain text is a page or other XML after all.

    Markdown may begin with comments, links in angle brackets and fragments of HTML, as the
    READMEs of half the world do: ``text/plain`` is never run, so only what is a page as a whole is
    none. Behind a comment that does not end in sight the doubt is the file's.
    """
    text = unwrapped(head)
    if text[:4] == b"<!--" and b"-->" not in text:
        return False
    text = text[_COMMENTS.match(text).end() :]  # type: ignore[union-attr]
    if text[:4] == b"<!--" or _AUTOLINK.match(text):
        return False
    return _PAGE_ONLY.match(text) is not None


def markup_name(head: bytes) -> str:
    """What people call the markup that ``head`` begins with."""
    text = unwrapped(head)
    root = root_element(text)
    if root == b"svg":
        return "an SVG"
    if root == b"html" or text[:5].lower() != b"<?xml":
        return "HTML"
    return "XML"


def root_element(text: bytes) -> bytes | None:
    """The lower-case name of the first element of ``unwrapped`` text; None with none in sight."""
    text = text[_PROLOG.match(text).end() :]  # type: ignore[union-attr]
    doctype = _DOCTYPE.match(text)
    if doctype:
        if doctype[1].lower() == b"html":
            return b"html"
        text = text[doctype.end() :]
        text = text[_PROLOG.match(text).end() :]  # type: ignore[union-attr]
    element = _ELEMENT.match(text)
    return element[1].lower() if element else None
