"""What can be sent: T16 to T18, T20."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

addressing = Broken("app/signing/addressing.py")
grant = Broken("app/signing/grant.py")
signer = Broken("app/signing/uploads.py")
uppy_signer = Broken("app/signing/uppy.py")
policy = Broken("app/domain/policy.py")
verifier = Broken("app/assets/verification.py")
fields = Broken("app/schemas/fields.py")
uppy = Broken("app/domain/uppy.py")
heads = Broken("app/media/first_bytes.py")
texts = Broken("app/media/markup.py")
worker = Broken("app/events/handler.py")
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
    signer("T17", "a part does not sign its length", '{"content-length": str(size)})', "{})"),
    signer(
        "T17",
        "a form takes any size",
        "content_length=(upload.size, upload.size),",
        "content_length=(0, 5 * 1024**3),",
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
    fields(
        "T17",
        "numbers may be floats and booleans",
        "if type(value) is not int:",
        "if not isinstance(value, (int, float)):",
        Edit("app/domain/policy.py", _SIZE, "if not size >= 1:"),
    ),
    fields(
        "T17",
        "many numbers may be booleans",
        "if any(type(value) is not int for value in values):",
        "if not all(isinstance(value, int) for value in values):",
    ),
    fields(
        "T17",
        "many numbers have no bounds",
        "return bool(minimum <= min(values) and max(values) <= maximum)",
        "return True",
    ),
    verifier("T17", "completion ignores the size", "if found.size != upload.size:", "if False:"),
    policy(
        "T18",
        "a type may have parameters",
        "if content_type not in RULES[kind].content_types:",
        'if content_type.partition(";")[0].lower() not in RULES[kind].content_types:',
    ),
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
        f"{_BODY}\n        self._announce",
        "reason = self._against_rules(found, path)\n        self._announce",
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
        "if reason:\n            self.remove(found)\n            raise",
        "if reason:\n            raise",
    ),
    worker("T18", "the worker removes nothing", "self._verifier.remove(found)", "pass"),
    heads(
        "T18",
        "markup passes as what has no signature",
        "if begins_as_page(head) if needs_none else begins_with_markup(head):\n"
        '        return "HTML or XML"\n    family',
        "family",
    ),
    texts(
        "T18",
        "a page passes before noise",
        "return _PAGE.match(text) is not None or (is_text(text) and",
        "return (is_text(text) and",
    ),
    heads(
        "T18",
        "frames count as chance",
        "return len(head) == FIRST_BYTES and head.count(head[:2]) < 3",
        "return True",
    ),
    heads(
        "T18",
        "any XML passes as a drawing",
        "return None if found in (root, None) else",
        "return None if True else",
    ),
    texts(
        "T18",
        "UTF-16 hides markup",
        'return (head.replace(b"\\x00", b"") if wide else head)',
        "return head",
    ),
    heads(
        "T18",
        "text passes as sound",
        'return "plain text" if is_text(head) else _stranger(head)',
        "return _stranger(head)",
    ),
    signer("T20", "a PUT may overwrite", _PUT, "headers = stored_headers(upload)"),
)
