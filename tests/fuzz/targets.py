"""The targets by name, each with inputs to begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.fuzz import api, declarations, heads, messages, names, seals, storage, tokens


class Target(NamedTuple):
    """``check`` raises for an input that breaks an invariant; ``seeds`` are real inputs."""

    check: Callable[[bytes], None]
    seeds: Sequence[bytes]


TARGETS = {
    "names": Target(names.check, names.SEEDS),
    "tokens": Target(tokens.check, tokens.SEEDS),
    "seals": Target(seals.check, seals.SEEDS),
    "declarations": Target(declarations.check, declarations.SEEDS),
    "api": Target(api.check, api.SEEDS),
    "storage": Target(storage.check, storage.SEEDS),
    "messages": Target(messages.check, messages.SEEDS),
    "heads": Target(heads.check, heads.SEEDS),
}
