"""What can be sent: T16 to T22, T24 to T28."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

addressing = Broken("app/aws/addressing.py")
grant = Broken("app/aws/grant.py")
signer = Broken("app/aws/uploads.py")
uppy_signer = Broken("app/aws/uppy.py")
policy = Broken("app/domain/policy.py")
forms = Broken("app/aws/post_policy.py")
verifier = Broken("app/aws/verifier.py")
declared = Broken("app/domain/uploads.py")
fields = Broken("app/schemas/fields.py")
uppy = Broken("app/domain/uppy.py")
heads = Broken("app/aws/first_bytes.py")
worker = Broken("app/events/handler.py")
store = Broken("app/aws/store.py")
copies = Broken("app/domain/copies.py")
seals = Broken("app/seals.py")

_SIZE = "if type(size) is not int or size < 1:"
_BODY = "reason = self._against_rules(found, path) or self._unlike_its_type(found)"
_PUT = 'headers = stored_headers(upload) | {"if-none-match": "*"}'

MUTANTS: tuple[Mutant, ...] = (
    grant("T16", "another algorithm is named", '"AWS4-HMAC-SHA256"', '"AWS4-HMAC-SHA1"'),
    addressing(
        "T16",
        "the global host is kept",
        "return given if given in kept else",
        "return given if given else",
    ),
    addressing(
        "T16",
        "AWS' own addresses are taken as they are",
        'if on_aws:\n            scheme, host, prefix = "https"',
        'if not host:\n            scheme, host, prefix = "https"',
    ),
    signer(
        "T17",
        "a PUT does not sign its length",
        'headers=headers | {"content-length": str(upload.size)},',
        "headers=headers,",
    ),
    signer("T17", "a part does not sign its length", '{"content-length": str(size)},', "{},"),
    signer(
        "T17",
        "a form takes any size",
        "content_length=(upload.size, upload.size),",
        "content_length=(0, 5 * 1024**3),",
    ),
    forms(
        "T17",
        "a form's bounds need no order",
        "if not 0 <= least <= most:",
        "if False:",
    ),
    uppy_signer(
        "T17",
        "Uppy's form takes any size",
        "content_length=(1, upload.size),",
        "content_length=(0, 5 * 1024**3),",
    ),
    uppy(
        "T17",
        "Uppy's parts may be of any size together",
        "if sum(part.size for part in parts) > most_bytes:",
        "if False:",
    ),
    policy("T17", "no bytes and less are a size", _SIZE, "if type(size) is not int:"),
    policy("T17", "a size may be any number", _SIZE, "if not size >= 1:"),
    policy("T17", "kinds have no limit", "if size > limit:", "if False:"),
    declared(
        "T17",
        "a declared size is not checked",
        "check_size(kind, declaration.size, max_bytes)",
        "pass",
    ),
    fields(
        "T17",
        "numbers may be floats and booleans",
        "if type(value) is not int:",
        "if not isinstance(value, (int, float)):",
    ),
    verifier("T17", "completion ignores the size", "if found.size != upload.size:", "if False:"),
    policy(
        "T18",
        "a type may have parameters",
        "if content_type not in RULES[kind].content_types:",
        'if content_type.partition(";")[0].lower() not in RULES[kind].content_types:',
    ),
    declared("T18", "a declared type is not checked", "check_type(kind, content_type)", "pass"),
    signer("T18", "the type is not signed", '"content-type": upload.content_type,\n', ""),
    verifier(
        "T18",
        "completion ignores the stored type",
        "if found.content_type != upload.content_type:",
        "if False:",
    ),
    verifier(
        "T18",
        "completion does not look at the bytes",
        "reason = _undeclared(found, upload) or self._unlike_its_type(found)",
        "reason = _undeclared(found, upload)",
    ),
    verifier(
        "T18",
        "verifying does not look at the bytes",
        f"{_BODY}\n        if reason and",
        "reason = self._against_rules(found, path)\n        if reason and",
    ),
    verifier(
        "T18",
        "the worker does not look at the bytes",
        f"{_BODY}\n        return Verdict",
        "reason = self._against_rules(found, path)\n        return Verdict",
    ),
    verifier(
        "T18",
        "a bad upload stays",
        "if reason:\n            self.remove(found)\n        self._announce",
        "self._announce",
    ),
    worker("T18", "the worker removes nothing", "self._verifier.remove(found)", "pass"),
    heads(
        "T18",
        "markup passes as what has no signature",
        'if _begins_with_markup(head):\n        return "HTML or XML"\n    accepted',
        "accepted",
    ),
    heads(
        "T18",
        "any XML passes as a drawing",
        "return None if found in (root, None) else",
        "return None if True else",
    ),
    heads(
        "T18",
        "UTF-16 hides markup",
        'return (head.replace(b"\\x00", b"") if wide else head)',
        "return head",
    ),
    heads(
        "T18",
        "text passes as sound",
        'return "plain text" if _is_text(head) else _stranger(head)',
        "return _stranger(head)",
    ),
    heads(
        "T18",
        "programs pass as sound",
        'return "plain text" if _is_text(head) else _stranger(head)',
        'return "plain text" if _is_text(head) else None',
    ),
    signer("T20", "a PUT may overwrite", _PUT, "headers = stored_headers(upload)"),
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
        "if reason and found.mark is not None:",
        "if reason:",
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
        "                IfMatch=found.etag,\n",
        "",
        Edit(
            "app/aws/store.py",
            "**pinned,\n            )\n        except Refused as refusal:",
            ")\n        except Refused as refusal:",
        ),
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
        "self._queue.send(\n",
        "self._verifier.remove(found)\n        self._queue.send(\n",
    ),
    seals(
        "T22",
        "a seal has four spellings",
        "or not _CANONICAL_END.fullmatch(sealed[-1:]):",
        "or False:",
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
    forms("T27", "a form may hold a field twice", "or len(set(names)) < len(names):", "or False:"),
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
