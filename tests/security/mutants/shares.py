"""What strangers may open, and whose word that is: T36, T48."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

records = Broken("app/assets/shares.py")
share = Broken("app/domain/shares.py")
door = Broken("app/api/share_links.py")
deletions = Broken("app/api/deletions.py")
services = Broken("app/services.py")
sts = Broken("app/aws/scoped_credentials.py")
kinds = Broken("app/domain/kinds.py")

_OWN = "if (owner, own_id) != (sub, share_id):"
_RECORD_SEALS = 'SignedTokens(secrets, "share-record", share_life)'

MUTANTS: tuple[Mutant, ...] = (
    door("T36", "a Referer tells the token", '    "Referrer-Policy": "no-referrer",\n', ""),
    door("T36", "a redirect may be kept", '    "Cache-Control": "no-store",\n', ""),
    door(
        "T36",
        "a redirect outlives its share",
        "expires_seconds=min(services.links.default_seconds, left),",
        "expires_seconds=services.links.default_seconds,",
    ),
    records(
        "T36",
        "shares do not expire",
        "return self._clock() >= share.expires_at",
        "return False",
    ),
    records(
        "T36",
        "shares live a second longer",
        "return self._clock() >= share.expires_at",
        "return self._clock() > share.expires_at",
    ),
    records(
        "T36",
        "revoking deletes nothing",
        "raise NotFound\n        self._store.delete(key)",
        "raise NotFound",
    ),
    share("T36", "share ids can be guessed", "_RANDOM_BYTES = 16", "_RANDOM_BYTES = 2"),
    share("T48", "a record opens another user's asset", _OWN, "if own_id != share_id:"),
    share("T48", "a record opens another share", _OWN, "if owner != sub:"),
    services(
        "T48",
        "a share's token passes for its record",
        _RECORD_SEALS,
        'SignedTokens(secrets, "share", share_life)',
    ),
    records(
        "T48",
        "a record needs no seal",
        "sealed = self._seals.verify(_sealed(record))",
        "sealed = json.loads(_sealed(record))",
        Edit(
            "app/assets/shares.py",
            '{"record": self._seals.sign(share.to_claims())}',
            '{"record": json.dumps(share.to_claims())}',
        ),
    ),
    records(
        "T48",
        "a huge record is read",
        "self._store.beginning(record_key(root, share_id), _MAX_RECORD_BYTES)",
        "self._store.beginning(record_key(root, share_id), 10**9)",
    ),
    sts(
        "T48",
        "credentials read",
        '_ACTIONS = ("s3:PutObject",',
        '_ACTIONS = ("s3:GetObject", "s3:PutObject",',
    ),
    sts(
        "T48",
        "credentials write share records",
        '[f"{arn}{folder}/*" for folder in folders]',
        '[f"{arn}*"]',
    ),
    sts(
        "T48",
        "credentials are for everybody's folders",
        "{bucket}/{root.prefix}",
        "{bucket}/users/*/",
    ),
    kinds(
        "T48",
        "shares/ is a kind",
        'FRAME = "frame"\n',
        'FRAME = "frame"\n    SHARES = "shares"\n',
        Edit(
            "app/domain/kinds.py",
            "frozenset({Kind.AUDIO, Kind.IMAGE, Kind.VIDEO, Kind.BRAND_KIT})",
            "frozenset({Kind.AUDIO, Kind.IMAGE, Kind.VIDEO, Kind.BRAND_KIT, Kind.SHARES})",
        ),
        Edit(
            "app/domain/policy.py",
            "_rule(Kind.FRAME, 50 * MIB, HOUR, IMAGE),",
            "_rule(Kind.FRAME, 50 * MIB, HOUR, IMAGE),\n"
            "            _rule(Kind.SHARES, 50 * MIB, HOUR, IMAGE, BRAND_KIT),",
        ),
        Edit(
            "app/services.py",
            'getattr(settings, f"max_bytes_{kind}") for kind in Kind',
            'getattr(settings, f"max_bytes_{kind}", 1) for kind in Kind',
        ),
    ),
    deletions("T36", "a deleted asset stays shared", "services.shares.end(root, keys)", "pass"),
)
