"""Which public keys the edge accepts: two slots, so that a key is rotated without a broken link.

Rotating puts a fresh key into the free slot; links of both keys then work. When the gateway signs
with the new one and the last old link has run out, retiring empties the other slot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.signing.key_pairs import make_key_pair, public_half

#: Template parameter -> the output with the key's id.
SLOTS = {"PublicKeyBlue": "KeyPairIdBlue", "PublicKeyGreen": "KeyPairIdGreen"}


class KeysError(Exception):
    """The keys cannot be brought together; the message says how."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The slots as they shall be, and what the gateway signs with, as far as it is known here."""

    public: Mapping[str, str]
    slot: str | None
    private_pem: str | None = field(default=None, repr=False)


def keep_keys(current: Mapping[str, str], private_pem: str | None) -> Keys:
    """The keys as they are; a fresh pair (or ``private_pem``'s) when there is none yet.

    ``current`` are the stack's parameters. Raises ``KeysError`` for a private key that the edge
    does not know.
    """
    public = _slots(current)
    if not any(public.values()):
        private_pem = private_pem or make_key_pair().private_pem
        first = next(iter(SLOTS))
        return Keys(public | {first: _public(private_pem)}, first, private_pem)
    if private_pem is None:
        filled = [slot for slot, pem in public.items() if pem]
        return Keys(public, filled[0] if len(filled) == 1 else None)
    slot = _slot_of(public, private_pem)
    if slot is None:
        raise KeysError(
            "CLOUDFRONT_PRIVATE_KEY is none of the stack's keys, so its links would be refused. "
            "Find the right one, or give the edge a fresh one: --rotate-key"
        )
    return Keys(public, slot, private_pem)


def rotate_key(current: Mapping[str, str]) -> Keys:
    """A fresh pair in the free slot. Raises ``KeysError`` when both are taken."""
    public = _slots(current)
    free = next((slot for slot, pem in public.items() if not pem), None)
    if free is None:
        raise KeysError("both keys are in use: end the last rotation first, with --retire-key")
    pair = make_key_pair()
    return Keys(public | {free: pair.public_pem}, free, pair.private_pem)


def retire_key(current: Mapping[str, str], private_pem: str | None) -> Keys:
    """``private_pem``'s key alone. Raises ``KeysError`` unless the edge knows it."""
    if private_pem is None:
        raise KeysError("--retire-key needs the key to keep: CLOUDFRONT_PRIVATE_KEY in --env-file")
    kept = keep_keys(current, private_pem)
    public = {slot: pem if slot == kept.slot else "" for slot, pem in kept.public.items()}
    return Keys(public, kept.slot, private_pem)


def _slots(current: Mapping[str, str]) -> dict[str, str]:
    return {slot: current.get(slot, "") for slot in SLOTS}


def _slot_of(public: Mapping[str, str], private_pem: str) -> str | None:
    ours = _public(private_pem).strip()
    return next((slot for slot, pem in public.items() if pem.strip() == ours), None)


def _public(private_pem: str) -> str:
    try:
        return public_half(private_pem)
    except ValueError as error:
        raise KeysError(f"CLOUDFRONT_PRIVATE_KEY is {error}") from None
