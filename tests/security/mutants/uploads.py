"""What can be sent: T16 to T18, T20."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T16",
        "another algorithm is named",
        Text("grant:ALGORITHM", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
    ),
    mutant("T16", "the global host is kept", always("_regional_host", "given in kept")),
    mutant(
        "T16",
        "AWS' own addresses are taken as they are",
        Code(
            "BucketAddress.of",
            """
                if on_aws:
                    scheme, host, prefix = __PARTS
            """,
            """
                if not host:
                    scheme, host, prefix = __PARTS
            """,
        ),
    ),
    mutant(
        "T17",
        "a PUT does not sign its length",
        Code("UploadSigner._sign_put", 'headers | {"content-length": str(upload.size)}', "headers"),
    ),
    mutant(
        "T17",
        "a part does not sign its length",
        without("UploadSigner.sign_parts", '"content-length": str(size)'),
    ),
    mutant(
        "T17",
        "a form takes any size",
        Code(
            "UploadSigner._sign_post",
            "content_length=(upload.size, upload.size)",
            "content_length=(0, 5 * 1024**3)",
        ),
    ),
    mutant(
        "T17",
        "Uppy's form takes any size",
        Code(
            "UppySigner.form", "content_length=(1, upload.size)", "content_length=(0, 5 * 1024**3)"
        ),
    ),
    mutant(
        "T17",
        "Uppy's parts may be of any size together",
        never("check_parts", "sum(part.size for part in parts) > most_bytes"),
    ),
    mutant("T17", "no bytes and less are a size", never("check_size", "size < 1")),
    mutant(
        "T17",
        "a size may be any number",
        Code("check_size", "type(size) is not int or size < 1", "not size >= 1"),
    ),
    mutant("T17", "kinds have no limit", never("check_size", "size > limit")),
    mutant(
        "T17",
        "numbers may be floats and booleans",
        Code(
            "WholeNumber._deserialize",
            "type(value) is not int",
            "not isinstance(value, (int, float))",
        ),
        Code("check_size", "type(size) is not int or size < 1", "not size >= 1"),
    ),
    mutant(
        "T17",
        "many numbers may be booleans",
        Code(
            "whole_numbers.is_plain",
            "any(type(value) is not int for value in values)",
            "not all(isinstance(value, int) for value in values)",
        ),
    ),
    mutant(
        "T17",
        "many numbers have no bounds",
        always("whole_numbers.is_plain", "minimum <= min(values) and max(values) <= maximum"),
    ),
    mutant("T17", "completion ignores the size", never("_undeclared", "found.size != upload.size")),
    mutant(
        "T18",
        "a list of types counts as its first",
        never("bare_name", '_LIST.search(_QUOTED.sub("", declared))'),
    ),
    mutant(
        "T18",
        "the type is not signed",
        without("uploads:stored_headers", '"content-type": upload.content_type'),
    ),
    mutant(
        "T18",
        "completion ignores the stored type",
        never("_undeclared", "found.content_type != upload.content_type"),
    ),
    mutant(
        "T18",
        "completion does not look at the bytes",
        Code("Verifier.judge_upload", "_unlike_its_type(...)", "None"),
    ),
    mutant(
        "T18",
        "verifying does not look at the bytes",
        Code(
            "Verifier.judge_object",
            "self.fault_of(*read, path)",
            "self._against_rules(read[0], path)",
        ),
    ),
    mutant(
        "T18",
        "the worker does not look at the bytes",
        Code(
            "Verifier.judge_version",
            "self.fault_of(*read, path)",
            "self._against_rules(read[0], path)",
        ),
    ),
    mutant(
        "T18",
        "a bad upload stays",
        without("Completion._refuse_bad", "self._verifier.remove(found)"),
    ),
    mutant(
        "T18",
        "the worker removes nothing",
        without("Handler._reject", "self._completion.remove(found)"),
    ),
    mutant(
        "T18",
        "markup passes as what has no signature",
        never("_contradiction", "begins_as_page(head) if needs_none else begins_with_markup(head)"),
    ),
    mutant(
        "T18",
        "a page passes before noise",
        never("begins_as_page", "_PAGE.match(text) is not None"),
    ),
    mutant(
        "T18",
        "frames count as chance",
        always("_is_chance", "len(head) == FIRST_BYTES and head.count(head[:2]) < 3"),
    ),
    mutant(
        "T18",
        "any XML passes as a drawing",
        always("_not_text", "found in (wanted[1:-1].encode(), None)"),
    ),
    mutant("T18", "a page passes as plain text", never("_not_text", "is_page(head)")),
    mutant("T18", "UTF-16 hides markup", never("unwrapped", "wide")),
    mutant(
        "T18",
        "text passes as sound",
        never("_contradiction", "is_text(head)"),
    ),
    mutant(
        "T20",
        "a PUT may overwrite",
        Code(
            "_put_headers",
            'stored_headers(upload) | {"if-none-match": "*"}',
            "stored_headers(upload)",
        ),
    ),
    mutant(
        "T65",
        "form fields are named in lower case",
        Code("form_fields", "_FIELD_NAMES.get(name, name)", "name"),
    ),
    mutant("T65", "question marks are stored", Text("metadata:_SAFE", "=@", "=?@")),
)
