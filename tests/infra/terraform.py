"""What stands literally in a Terraform module and in a CloudFormation template, to be compared.

Terraform itself is not at hand: python-hcl2 reads the files, and what both say of a resource
(numbers, actions, thresholds) is held against each other, references and names left aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

from tests.infra.templates import INFRA

MODULE = INFRA / "terraform"
_REFERENCE = re.compile(r"\$\{[^{}]*\}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
#: Keys of these stand for values on the other side.
_SPEAKING = ("Condition", "Principal", "dimensions")
_OPERATORS = re.compile(r"(String|Arn|Bool|Numeric)\w*\Z")


@cache
def blocks(folder: Path) -> dict[str, Any]:
    """Bodies by ``aws_s3_bucket.assets``, ``data.aws_region.current``, ``var.x``, ``output.x``."""
    found: dict[str, Any] = {}
    for file in sorted(folder.glob("*.tf")):
        document = hcl2.loads(file.read_text())
        for kind, prefix in (("resource", ""), ("data", "data.")):
            for each in document.get(kind, []):
                [(of, named)] = _labelled(each)
                [(name, body)] = _labelled(named)
                found[f"{prefix}{of}.{name}"] = body
        for kind, prefix in (("variable", "var."), ("output", "output.")):
            for each in document.get(kind, []):
                [(name, body)] = _labelled(each)
                found[f"{prefix}{name}"] = body
    return found


@cache
def locals_of(folder: Path) -> dict[str, Any]:
    """Every local value."""
    documents = [hcl2.loads(file.read_text()) for file in sorted(folder.glob("*.tf"))]
    return {
        name: value
        for document in documents
        for each in document.get("locals", [])
        for name, value in each.items()
    }


def unquoted(value: Any) -> Any:
    """A literal as it is meant: hcl2 leaves texts in their quotes."""
    if isinstance(value, str) and value.startswith('"') and value.endswith('"'):
        return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return value


def literals_of_terraform(node: Any, key: str = "") -> Iterator[str]:
    """Texts and numbers of a block, those in expressions included."""
    if isinstance(node, dict):
        for name, each in node.items():
            if name.startswith("__") or name in ("count", "provider", "depends_on", "lifecycle"):
                continue
            if key in (*_SPEAKING, "for_each"):
                yield name
            yield from literals_of_terraform(each, name)
    elif isinstance(node, list):
        for each in node:
            yield from literals_of_terraform(each, key)
    elif isinstance(node, bool) or node is None:
        return
    elif isinstance(node, str) and "<<" in node[:3]:
        yield "\n".join(line.strip() for line in node.splitlines()[1:-1])
    elif isinstance(node, str):
        literal = node if node.startswith('"') else ""
        for text in [literal[1:-1]] if literal else _QUOTED.findall(node):
            yield from _without_references(text.replace("\\\\", "\\"))
        if not literal:
            yield from re.findall(r"(?<![\w.\[\"/-])\d+(?![\w.\"-])", _QUOTED.sub("", node))
    else:
        yield str(node)


def literals_of_template(node: Any, key: str = "") -> Iterator[str]:
    """Texts and numbers of a resource's properties, of both sides of each choice."""
    if isinstance(node, list):
        for each in node:
            yield from literals_of_template(each, key)
    elif isinstance(node, dict):
        if len(node) == 1 and (function := next(iter(node))) in ("Ref", "Fn::GetAtt"):
            return
        if len(node) == 1 and function.startswith("Fn::"):
            yield from _of_function(function, node[function], key)
            return
        for name, each in node.items():
            if key in _SPEAKING or _OPERATORS.match(key):
                yield name
            yield from literals_of_template(each, name)
    elif isinstance(node, str) and "\n" in node:
        yield "\n".join(line.strip() for line in node.strip().splitlines())
    elif isinstance(node, bool):
        if key == "aws:SecureTransport":
            yield str(node).lower()
    elif node not in (None, ""):
        yield str(node)


def _of_function(function: str, value: Any, key: str) -> Iterator[str]:
    if function == "Fn::If":
        yield from literals_of_template(value[1:], key)
    elif function == "Fn::Sub":
        text = value[0] if isinstance(value, list) else value
        if text.lstrip().startswith("{"):  # a document written as text
            yield from (each for each in _QUOTED.findall(text) if "$" not in each)
        else:
            yield from _without_references(text)


def _without_references(text: str) -> Iterator[str]:
    """What follows the last reference: `${Bucket.Arn}/users/*` says `/users/*`."""
    rest = _REFERENCE.split(text)[-1]
    if rest:
        yield rest


def _labelled(node: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(unquoted(name), body) for name, body in node.items() if not name.startswith("__")]
