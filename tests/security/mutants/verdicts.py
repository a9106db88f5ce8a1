"""What becomes of what was sent: T21, T22, T26 to T28, T52."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, always, mutant, never

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T21",
        "any object at the path is this upload's",
        never("Verifier.judge_upload", "found.mark != upload.mark"),
    ),
    mutant(
        "T21",
        "what is rejected is hidden by a delete marker",
        Code(
            "Verifier.remove", "self._objects.delete_version(bad)", "self._objects.delete(bad.key)"
        ),
    ),
    mutant(
        "T21",
        "removal goes on below its own upload",
        never("Verifier.remove", "bad.mark != found.mark"),
    ),
    mutant("T21", "replays of a form stay", Code("_MAX_REPLAYS", "100", "1")),
    mutant(
        "T21",
        "what a back end wrote is removed",
        always("Completion._refuse_bad", "found.mark is not None"),
    ),
    mutant(
        "T21",
        "checksums of another object are judged",
        never("Verifier._with_checksums", "again.etag != found.etag"),
    ),
    mutant(
        "T21",
        "other bytes than the event's are judged",
        Code(
            "Objects.read",
            "self._first(key, count, version_id)",
            "self._first(key, count, None)",
        ),
    ),
    mutant(
        "T21",
        "half of the first bytes is judged",
        never("Objects._first", "len(answer.body) != min(count, size_of(answer))"),
    ),
    mutant(
        "T21",
        "an event judges whatever is there now",
        never("Verifier.judge_version", "current is None or current[0].version_id != version_id"),
    ),
    mutant(
        "T21",
        "removal goes before its report",
        Code(
            "Handler._reject",
            "self._reports.leave(__REPORT)",
            """
            self._completion.remove(found)
            self._reports.leave(__REPORT)
        """,
        ),
    ),
    mutant(
        "T22",
        "a seal has four spellings",
        Text("_CANONICAL", "[AEIMQUYcgkosw048]", "[A-Za-z0-9_-]"),
    ),
    mutant(
        "T22",
        "a token may hold what decoders pass over",
        Code(
            "SignedTokens.verify",
            "not _CANONICAL.fullmatch(token)",
            'sealed[-1:] not in "AEIMQUYcgkosw048"',
        ),
    ),
    mutant(
        "T22",
        "signed tokens do not age",
        never("SignedTokens.verify", "time.time() - signed_at > self._max_age_seconds"),
    ),
    mutant(
        "T22",
        "one seal serves all purposes",
        Text("SignedTokens.__init__", "asset-gateway.", "asset-gateway"),
        Code("SignedTokens.__init__", 'f"asset-gateway{purpose}"', '"asset-gateway"'),
    ),
    mutant(
        "T22",
        "a signed token's signature is not verified",
        Code(
            "SignedTokens._open_afresh",
            "__PAYLOAD, __AT = self._serializer.loads(token, return_timestamp=True)",
            "return self._serializer.loads_unsafe(sealed)[1], time.time()",
        ),
    ),
    mutant(
        "T22", "an upload id opens for anybody", never("Upload.from_claims", 'claims["sub"] != sub')
    ),
    mutant(
        "T26", "a PUT does not sign its checksum", Code("_put_headers", "_checksum(upload)", "{}")
    ),
    mutant(
        "T26",
        "a form does not hold its checksum",
        Code("UploadSigner._sign_post", "_checksum(upload)", "{}"),
    ),
    mutant(
        "T26",
        "completion ignores the checksum",
        never(
            "_undeclared",
            "upload.checksum_sha256 and found.checksum_sha256 not in __OTHERS",
        ),
    ),
    mutant(
        "T27",
        "a form may hold ${filename}",
        never("check_form", "any(_VARIABLE in text.lower() for text in (key, *fields.values()))"),
    ),
    mutant(
        "T27",
        "a form may hold ${FileName}",
        Code("check_form", "_VARIABLE in __TEXT.lower()", "_VARIABLE in __TEXT"),
    ),
    mutant(
        "T27",
        "a form may hold fields of the policy's own",
        never(
            "check_form", "any(name in _OWN_FIELDS or name in _SIGNING_FIELDS for name in names)"
        ),
    ),
    mutant(
        "T27",
        "fields may have any value",
        Code(
            "sign_form",
            "[{name: value} for name, value in fields.items()]",
            '[["starts-with", f"${name}", ""] for name in fields]',
        ),
    ),
    mutant(
        "T27",
        "a form may go to any key",
        Code("sign_form", '{"key": key}', '["starts-with", "$key", ""]'),
    ),
    mutant(
        "T28",
        "completion ignores headers that nobody signed",
        Code("_undeclared", "_unsigned_header(found, upload.path)", "None"),
    ),
    mutant(
        "T28",
        "verifying ignores headers that nobody signed",
        Code("Verifier._against_rules", "_unsigned_header(found, path)", "None"),
    ),
    mutant(
        "T28",
        "a stored content-encoding is not seen",
        Text("_OBEYED_HEADERS", "content-encoding", "-"),
    ),
    mutant(
        "T28",
        "a stored content-disposition is not seen",
        Text("_OBEYED_HEADERS", "content-disposition", "-"),
    ),
    mutant(
        "T28",
        "a stored content-language is not seen",
        Text("_OBEYED_HEADERS", "content-language", "-"),
    ),
    mutant("T28", "a stored expires is not seen", Text("_OBEYED_HEADERS", "expires", "-")),
    mutant(
        "T28",
        "a copy loses the encoding of its bytes",
        never("plan_copy", '"content-encoding" in source.obeyed_headers'),
    ),
    mutant(
        "T52",
        "a copy is judged again",
        never(
            "Completion.judge_arrival",
            "self._copy_marks.fits(found.mark, key, found.size) and not wrote_for_browser()",
        ),
    ),
    mutant(
        "T52",
        "a package moves while a file in it does",
        Code("Copies.move", "path.package_folder or path.text", "path.text"),
    ),
    mutant("T52", "any mark is a copy's", always("CopyMarks.fits", "any(__EACH)")),
    mutant("T61", "any mark says who wrote", always("ActorMarks.read", "any(__EACH)")),
    mutant(
        "T61",
        "users' credentials write as a back end",
        Code("Completion._actor_of", "not wrote_for_browser()", "True"),
    ),
)
