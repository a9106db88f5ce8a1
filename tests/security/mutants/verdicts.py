"""What becomes of what was sent: T21, T22, T26 to T28."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Mutant

signer = Broken("app/signing/uploads.py")
policy = Broken("app/domain/policy.py")
forms = Broken("app/signing/post_policies.py")
verifier = Broken("app/assets/verification.py")
declared = Broken("app/domain/uploads.py")
fields = Broken("app/schemas/fields.py")
worker = Broken("app/events/handler.py")
store = Broken("app/s3/objects.py")
copies = Broken("app/domain/copies.py")
seals = Broken("app/signing/tokens.py")

MUTANTS: tuple[Mutant, ...] = (
    verifier(
        "T21",
        "any object at the path is this upload's",
        "if found.mark != upload.mark:",
        "if False:",
    ),
    verifier(
        "T21",
        "what is rejected is hidden by a delete marker",
        "self._store.delete_version(bad)",
        "self._store.delete(bad.key)",
    ),
    verifier(
        "T21",
        "removal goes on below its own upload",
        "if bad is None or bad.mark != found.mark:",
        "if bad is None:",
    ),
    verifier("T21", "replays of a form stay", "_MAX_REPLAYS = 100", "_MAX_REPLAYS = 1"),
    verifier(
        "T21",
        "what a back end wrote is removed",
        "if found.mark is not None:",
        "if True:",
    ),
    verifier(
        "T21",
        "bytes of another upload are judged",
        "if again is None or again.mark != found.mark:",
        "if again is None:",
    ),
    store(
        "T21",
        "other bytes than those looked at are judged",
        "count, IfMatch=found.etag, **pinned)",
        "count)",
    ),
    store(
        "T21",
        "half of the first bytes is judged",
        'if len(first) < min(count, answer["ContentLength"]):',
        "if False:",
    ),
    verifier(
        "T21",
        "an event judges whatever is there now",
        "if version_id and (current is None",
        "if False and (current is None",
    ),
    worker(
        "T21",
        "removal goes before its report",
        "self._reports.leave(",
        "self._verifier.remove(found)\n        self._reports.leave(",
    ),
    seals(
        "T22",
        "a seal has four spellings",
        "[AEIMQUYcgkosw048]",
        "[A-Za-z0-9_-]",
    ),
    seals(
        "T22",
        "a seal may hold what decoders pass over",
        "or not _CANONICAL.fullmatch(sealed):",
        'or sealed[-1:] not in "AEIMQUYcgkosw048":',
    ),
    seals(
        "T22",
        "seals do not age",
        "if time.time() - sealed_at > self._max_age_seconds:",
        "if False:",
    ),
    seals("T22", "one seal serves all purposes", "asset-gateway.{purpose}", "asset-gateway"),
    seals(
        "T22",
        "the seal's signature is not verified",
        "payload, sealed_at = self._serializer.loads(sealed, return_timestamp=True)\n"
        "        return payload, sealed_at.timestamp()",
        "return self._serializer.loads_unsafe(sealed)[1], time.time()",
    ),
    declared(
        "T22",
        "an upload id opens for anybody",
        "*rest = claims\n        if owner != sub:",
        "*rest = claims\n        if False:",
    ),
    signer(
        "T26",
        "a PUT does not sign its checksum",
        'headers["x-amz-checksum-sha256"] = upload.checksum_sha256',
        "pass",
    ),
    signer(
        "T26",
        "a form does not hold its checksum",
        'fields["x-amz-checksum-sha256"] = upload.checksum_sha256',
        "pass",
    ),
    verifier(
        "T26",
        "completion ignores the checksum",
        "if upload.checksum_sha256 and found.checksum_sha256 not in",
        "if False and found.checksum_sha256 not in",
    ),
    forms(
        "T27",
        "a form may hold ${filename}",
        'if any("${filename}" in text.lower() for text in (key, *fields.values())):',
        "if False:",
    ),
    forms(
        "T27",
        "a form may hold ${FileName}",
        '"${filename}" in text.lower()',
        '"${filename}" in text',
    ),
    forms(
        "T27",
        "a form may hold fields of the policy's own",
        "if any(name in _OWN_FIELDS or name in _SIGNING_FIELDS for name in names):",
        "if False:",
    ),
    forms(
        "T27",
        "fields may have any value",
        "[{name: value} for name, value in fields.items()]",
        '[["starts-with", f"${name}", ""] for name in fields]',
    ),
    forms("T27", "a form may go to any key", '[{"key": key}, ', '[["starts-with", "$key", ""], '),
    verifier(
        "T28",
        "completion ignores headers that nobody signed",
        "return _unsigned_header(found, upload.path)",
        "return None",
    ),
    verifier(
        "T28",
        "verifying ignores headers that nobody signed",
        "return _unsigned_header(found, path)",
        "return None",
    ),
    *(
        store("T28", f"a stored {header} is not seen", f'    "{name}": "{header}",\n', "")
        for name, header in (
            ("ContentEncoding", "content-encoding"),
            ("ContentDisposition", "content-disposition"),
            ("ContentLanguage", "content-language"),
            ("ExpiresString", "expires"),
        )
    ),
    copies(
        "T28",
        "a copy loses the encoding of its bytes",
        'if "content-encoding" in source.obeyed_headers:',
        "if False:",
    ),
)
