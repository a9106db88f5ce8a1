"""What strangers may open, and whose word that is: T36, T48, T64."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T36", "a Referer tells the token", without("_HEADERS", '"Referrer-Policy": "no-referrer"')
    ),
    mutant("T36", "a redirect may be kept", without("_HEADERS", '"Cache-Control": "no-store"')),
    mutant(
        "T36",
        "a redirect outlives its share",
        Code(
            "Shares.open",
            "min(self._links.default_seconds, left)",
            "self._links.default_seconds",
        ),
    ),
    mutant(
        "T36",
        "shares do not expire",
        never("ShareRecords._expired", "self._clock() >= share.expires_at"),
    ),
    mutant(
        "T36",
        "shares live a second longer",
        Code(
            "ShareRecords._expired",
            "self._clock() >= share.expires_at",
            "self._clock() > share.expires_at",
        ),
    ),
    mutant(
        "T36",
        "revoking deletes nothing",
        without("ShareRecords.revoke", "self._objects.delete(key)"),
    ),
    mutant("T36", "share ids can be guessed", Code("_RANDOM_BYTES", "16", "2")),
    mutant(
        "T48",
        "a record opens another user's asset",
        Code(
            "Share.from_claims",
            '(named["sub"], named["share_id"]) != (sub, share_id)',
            'named["share_id"] != share_id',
        ),
    ),
    mutant(
        "T48",
        "a record opens another share",
        Code(
            "Share.from_claims",
            '(named["sub"], named["share_id"]) != (sub, share_id)',
            'named["sub"] != sub',
        ),
    ),
    mutant(
        "T48",
        "a share's token passes for its record",
        Text("build_signing", "share-record", "share"),
    ),
    mutant(
        "T48",
        "a record needs no seal",
        Code("SignedRecords.read", "self._tokens.verify(__X)", "json.loads(__X)"),
        Code("SignedRecords.write", "self._tokens.sign(__X)", "json.dumps(__X)"),
    ),
    mutant(
        "T48", "a huge record is read", Code("SignedRecords.read", "_MAX_RECORD_BYTES", "10**9")
    ),
    mutant("T48", "credentials read", Code("_object_actions", "access.reads", "True")),
    mutant("T48", "credentials to read write", Code("_object_actions", "access.writes", "True")),
    mutant("T48", "credentials delete", Code("_object_actions", "access.deletes", "True")),
    mutant(
        "T48",
        "credentials list share records",
        without("_listing", '"StringNotLike": {"s3:prefix": f"{root.prefix}shares/*"}'),
    ),
    mutant(
        "T48",
        "credentials list the whole root",
        Code("_listing", 'f"{root.prefix}*/*"', 'f"{root.prefix}*"'),
    ),
    mutant(
        "T48",
        "credentials list everybody's folders",
        Code("_listing", 'f"{root.prefix}*/*"', '"users/*/*/*"'),
    ),
    mutant(
        "T48",
        "credentials to write serve whoever may read",
        Code("ScopedCredentials.of", "(root.sub, access)", "(root.sub, Access.WRITE)"),
    ),
    mutant(
        "T48",
        "credentials write share records",
        Code(
            "session_policy",
            '[f"{arn}/{root.prefix}{folder}/*" for folder in folders]',
            '[f"{arn}/{root.prefix}*"]',
        ),
    ),
    mutant(
        "T48",
        "credentials are for everybody's folders",
        Code("session_policy", "root.prefix", '"users/*/"'),
    ),
    mutant(
        "T48",
        "shares/ is a kind",
        Code(
            "Kind",
            'FRAME = "frame"',
            """
                FRAME = "frame"
                SHARES = "shares"
            """,
        ),
        Code("LIBRARY_KINDS", "{..., Kind.BRAND_KIT}", "{..., Kind.BRAND_KIT, Kind.SHARES}"),
        Code(
            "RULES",
            "(..., _rule(Kind.FRAME, *__RULE), ...)",
            """
            (
                ...,
                _rule(Kind.FRAME, *__RULE),
                _rule(Kind.SHARES, *__RULE),
                ...,
            )
            """,
        ),
        Code(
            "upload_rules",
            'getattr(settings, f"max_bytes_{kind}")',
            'getattr(settings, f"max_bytes_{kind}", 1)',
        ),
    ),
    mutant(
        "T36",
        "a deleted asset stays shared",
        Code("ShareRecords.end", "self._deleter.delete_keys(ended).values()", "()"),
    ),
    mutant(
        "T36",
        "a share opens more often than allowed",
        Text("_TAKE", "count >= most", "count > most"),
    ),
    mutant(
        "T36",
        "a lost Redis opens limited shares",
        always("_uncounted", "share.max_opens is None"),
    ),
    mutant(
        "T36",
        "a limit is promised that nobody counts",
        never("Shares.create", "terms.max_opens is not None"),
    ),
    mutant(
        "T36",
        "a HEAD's link opens contents uncounted",
        Code("Shares.open", '"s3" if method == "HEAD" else "auto"', '"auto"'),
        Code("Shares.open", "method=method", 'method="GET"'),
    ),
    mutant(
        "T36",
        "any text is sent on to the page",
        without("Shares.page_for", "self._tokens.verify(token)"),
    ),
    mutant(
        "T64",
        "a package's signature outlives its share",
        Code(
            "Shares.open",
            "self._links.sign_folder(root, share.path, expires_seconds=seconds)",
            "self._links.sign_folder(root, share.path)",
        ),
    ),
    mutant(
        "T64",
        "a shared package opens its whole kind",
        Code(
            "LinkSigner.sign_folder",
            'folder = f"{root.prefix}{path.asset_folder}"',
            'folder = f"{root.prefix}{path.kind_folder}"',
        ),
    ),
    mutant(
        "T64",
        "a shared package opens all that is its owner's",
        Code(
            "LinkSigner.sign_folder",
            'folder = f"{root.prefix}{path.asset_folder}"',
            "folder = root.prefix",
        ),
    ),
    mutant(
        "T64",
        "a package stays open when its manifest is gone",
        never("Shares.open", "found is None"),
        Code("ShareRecords.end", "self._deleter.delete_keys(ended).values()", "()"),
    ),
)
