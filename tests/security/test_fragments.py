"""Fragments of Python: what they fit, and what becomes of the text around them."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tests.security.mutants.fragments import parse
from tests.security.mutants.hits import hits, spliced, text_hits


def changed(text: str, old: str, new: str) -> str:
    """``text`` with the one place that is ``old``."""
    text = textwrap.dedent(text)
    (hit,) = hits(ast.parse(text), old, new)
    return spliced(text, hit)


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        # Layout, quotes and parentheses do not count; nor do comments, and they stay outside.
        ("a = (f(  'x',\n  1))  # why\n", 'f("x", 1)', "2", "a = ((2))  # why\n"),
        # Statements, in a block of their own depth.
        ("def f():\n    a()\n    b()\n", "a()\nb()", "b()", "def f():\n    b()\n"),
        ("def f():\n    a()\n", "a()", "", "def f():\n    pass\n"),
        ("if x:\n    pass\nelif y:\n    z()\n", "if y: z()", "w()", None),
        # `name = value`: an assignment, an annotated one, an argument, a default.
        ("x = 1\n", "x = 1", "x = 2", "x = 2\n"),
        ("x: int = 1\n", "x = 1", "x = 2", "x: int = 2\n"),
        ("f(a, x=1, y=2)\n", "x = 1", "x = 2", "(f(a, x=2, y=2))\n"),
        ("f(a, x=1, y=2)\n", "x = 1", "", "(f(a, y=2))\n"),
        ("def f(a, *, x: int = 1): ...\n", "x = 1", "x = 2", "def f(a, *, x: int = (2)): ...\n"),
        # Entries, handlers, decorators.
        ("{'a': 1, 'b': 2}\n", '"a": 1', "", "({'b': 2})\n"),
        (
            "try:\n    a()\nexcept KeyError as error:\n    b()\n",
            "except KeyError as error: ...",
            "except ValueError: ...",
            "try:\n    a()\nexcept ValueError:\n    b()\n",
        ),
        ("@a\n@b(1)\ndef f(): pass\n", "b(1)", "c", "@a\n@(c)\ndef f(): pass\n"),
        # Wildcards.
        ("f(g(1), 2)\n", "f(__X, 2)", "__X", "(g(1))\n"),
        ("f(1, 2, k=3)\n", "f(1, ...)", "h(...)", "(h(2, k=3))\n"),
        ("[a, b, c]\n", "[..., c]", "[...]", "([a, b])\n"),
        ("a(1)\nb\nc\nd(1)\n", "a(__X)\n...\nd(__X)", "...", "b\nc\n"),
        ("x = a.b(1)\n", "a.__NAME(1)", "c.__NAME(2)", "x = (c.b(2))\n"),
        # Within f-strings, where positions are wrong before Python 3.12.
        ("x = f'{a.b}-{c}'  # why\n", "a.b", "d", "x = (f'{d}-{c}')  # why\n"),
        # Positions are bytes, not characters.
        ("x = f('\u00e9', 1)  # \u00e9\n", "1", "2", "x = f('\u00e9', (2))  # \u00e9\n"),
    ],
)
def test_a_fragment_is_found_and_replaced(text: str, old: str, new: str, after: str | None) -> None:
    """What it fits is replaced, all around it stays as it was, byte for byte."""
    if after is None:
        after = "if x:\n    pass\nelse:\n    w()\n"
    assert changed(text, old, new) == after


@pytest.mark.parametrize(
    ("text", "old", "count"),
    [
        ("f(1)\nf(1)\n", "f(1)", 2),
        ("f(1, k=2)\n", "f(1)", 0),
        ("f(1, 2)\n", "f(__X, __X)", 0),
        ("f(True)\n", "f(1)", 0),
        ("x = 1\n", "x", 0),  # where it is assigned to
        ("f(a=1, b=2)\n", "f(b=2, a=1)", 1),
    ],
)
def test_only_what_is_meant_fits(text: str, old: str, count: int) -> None:
    """As often as it is there, and neither with other arguments nor of another type."""
    assert len(hits(ast.parse(text), old, "y")) == count


def test_text_is_replaced_within_constants() -> None:
    """In strings, bytes and f-strings; not in docstrings, and counted as often as it is there."""
    text = '"""ab"""\nx = "ab" "ab"\n'
    assert len(text_hits(ast.parse(text), "ab", "c")) == 2
    for before, after in [
        ('x = r"\\d{1,9}"', "x = ('\\\\d')"),
        ('x = b"{1,9}"', "x = (b'')"),
        ('x = f"{y}{{1,9}}"', "x = (f'{y}')"),
    ]:
        (hit,) = text_hits(ast.parse(before), "{1,9}", "")
        assert spliced(before, hit) == after


def test_what_is_no_python_is_refused() -> None:
    """A fragment that does not parse says so."""
    with pytest.raises(ValueError, match="not Python"):
        parse("if x")
