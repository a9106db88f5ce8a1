"""How an environment becomes ``Settings``: whole or not at all, with every fault by its name.

Faults are reported at once and without values, because a value may be a secret.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields

from config_fields import is_partly_unseen, is_quoted
from config_rules import derived, faults_between

Fields = Sequence[dataclasses.Field[Any]]


class SettingsError(Exception):
    """The environment does not make a valid configuration.

    ``faults`` maps a variable's name to what is wrong with it.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(sorted(faults.items()))
        lines = "".join(f"\n  {name}: {fault}" for name, fault in self.faults.items())
        super().__init__(f"{len(faults)} fault(s) in the environment:{lines}")


def setting(
    reader: fields.Field[Any],
    doc: str,
    *,
    default: Any = ...,
    secret: bool = False,
    family: str = "",
    member: str = "GROUP",
) -> Any:
    """A field of ``Settings``: how it is read, what it is for; without a default it is required.

    A default in words (of a setting that is not text) is worked out by ``config_rules.derived``.
    ``family`` is the common beginning of variables that are one setting together, by the rest of
    their names; ``member`` is what the documentation calls that rest.
    """
    reader.required = default is ...
    reader.error_messages["required"] = "is required"
    return dataclasses.field(
        metadata={
            "reader": reader,
            "doc": doc,
            "default": default,
            "secret": secret,
            "family": family,
            "member": member,
        },
        repr=not secret,
    )


def read_settings(
    schema: Schema, settings: Fields, environ: Mapping[str, str] | None
) -> dict[str, Any]:
    """Every field of ``settings`` by its name, from ``environ`` (None: the process's).

    Raises ``SettingsError``. An empty variable counts as left out, as deployment forms send it so.
    """
    families = {
        item.metadata["family"]: item.name.upper() for item in settings if item.metadata["family"]
    }
    given = _given(os.environ if environ is None else environ, schema, families)
    faults: dict[str, str] = {}
    try:
        values = schema.load(given)
    except ValidationError as error:
        faults = _named(error.messages_dict, families)
        values = error.valid_data
    faults = faults_between(values) | faults | _copied(given, families)
    if faults:
        raise SettingsError(faults)
    known = {**derived(values), **values}
    return {item.name: known.get(item.name.upper(), item.metadata["default"]) for item in settings}


def _given(
    environ: Mapping[str, str], schema: Schema, families: Mapping[str, str]
) -> dict[str, Any]:
    """The variables that are settings, by the schema's names; families as one mapping each."""
    given: dict[str, Any] = {}
    for name, text in environ.items():
        if not text.strip():
            continue
        if name in schema.fields and name not in families.values():
            given[name] = text.strip()
            continue
        for beginning, setting_name in families.items():
            if name.startswith(beginning):
                given.setdefault(setting_name, {})[name.removeprefix(beginning)] = text.strip()
    return given


def _copied(given: Mapping[str, Any], families: Mapping[str, str]) -> dict[str, str]:
    """What a copy adds to a value: quotes around it, with which no setting of ours begins and ends,
    and what cannot be seen. A secret of our own works with anything in it."""
    flat = {name: text for name, text in given.items() if isinstance(text, str)}
    for beginning, name in families.items():
        flat |= {f"{beginning}{rest}": text for rest, text in given.get(name, {}).items()}
    faults = {
        name: "holds a character that cannot be seen; type it anew"
        for name, text in flat.items()
        if is_partly_unseen(text) and not name.startswith("SECRET_KEY")
    }
    return faults | {
        name: "has quotes around its value; take them off"
        for name, text in flat.items()
        if is_quoted(text)
    }


def _named(messages: Mapping[str, Any], families: Mapping[str, str]) -> dict[str, str]:
    """Faults by the variable's name, in a family by that of each member."""
    faults: dict[str, str] = {}
    beginnings = {name: beginning for beginning, name in families.items()}
    for name, found in messages.items():
        if name in beginnings and isinstance(found, dict):
            faults |= {f"{beginnings[name]}{rest}": _sentence(each) for rest, each in found.items()}
        else:
            faults[name] = _sentence(found)
    return faults


def _sentence(messages: Any) -> str:
    """Marshmallow's nested messages as one sentence."""
    if isinstance(messages, dict):
        return _sentence(list(messages.values()))
    if isinstance(messages, list):
        return " ".join(dict.fromkeys(_sentence(each) for each in messages))
    return str(messages)
