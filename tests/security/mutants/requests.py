"""What strangers may send, and where to: T66 to T69."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T66",
        "requests do not expire",
        Code("RequestRecords.read", "self._clock() >= request.expires_at + __X", "False"),
    ),
    mutant(
        "T66",
        "a request that has expired is declared by",
        Code("UploadRequests.declare", "self._open(token)", "self._open(token, late=True)"),
    ),
    mutant(
        "T66",
        "revoking a request deletes no record",
        without("RequestRecords._remove", "self._objects.delete(request_key(root, request_id))"),
    ),
    mutant(
        "T66",
        "who declares while a request is revoked gets in",
        without("RequestRecords.take", "self._check_there(Root(request.sub), request.request_id)"),
    ),
    mutant(
        "T66",
        "a record lets into another user's folder",
        Code(
            "UploadRequest.from_claims",
            '(claims["sub"], claims["request_id"]) != (sub, request_id)',
            'claims["request_id"] != request_id',
        ),
    ),
    mutant(
        "T66",
        "a record is of any request",
        Code(
            "UploadRequest.from_claims",
            '(claims["sub"], claims["request_id"]) != (sub, request_id)',
            'claims["sub"] != sub',
        ),
    ),
    mutant(
        "T66",
        "a huge record of a request is read",
        Code("SignedRecords.read", "_MAX_RECORD_BYTES", "10**9"),
    ),
    mutant("T66", "a link passes for a record", Text("build_signing", "request-record", "request")),
    mutant(
        "T67",
        "an ordinary upload's id serves with a link",
        Text("build_signing", "request-upload", "upload"),
    ),
    mutant(
        "T67",
        "a request takes any number of files",
        Code("free_places", "range(1, request.terms.max_files + 1)", "range(1, 1000)"),
    ),
    mutant(
        "T67",
        "a place is given to two",
        Code("RequestRecords._takes", "if_none_match=True", "if_none_match=False"),
        Code(
            "RequestRecords.take",
            "self._turns.of(request.request_id)",
            "__import__('contextlib').nullcontext()",
        ),
    ),
    mutant(
        "T67",
        "any type is sent",
        never(
            "UploadRequest.check",
            "terms.content_types and upload.content_type not in terms.content_types",
        ),
    ),
    mutant(
        "T67",
        "any size is sent",
        never(
            "UploadRequest.check", "terms.max_bytes is not None and upload.size > terms.max_bytes"
        ),
    ),
    mutant(
        "T67",
        "an upload's id serves with any link",
        never("UploadRequests._find", "claims['request_id'] != request.request_id"),
    ),
    mutant(
        "T68",
        "a stranger gets a link to what was sent",
        Code(
            "complete_requested_upload",
            'answer(named | {"size": found.size})',
            'answer(named | {"size": found.size, "key": upload.key})',
        ),
    ),
    mutant(
        "T69",
        "a request has a quota of its own",
        Code("UploadRequests.create", "self._quota.deciding_groups(principal)", "()"),
    ),
    mutant(
        "T69",
        "what a refused file held stays taken",
        without("UploadRequests.declare", "self._records.give_back(place)"),
    ),
    mutant(
        "T69",
        "files of a request pass for the user's own",
        Code(
            "Principal.actor",
            "Actor(ActorType.REQUEST, self.upload_request)",
            "USER",
        ),
    ),
    mutant(
        "T69",
        "strangers with a link are not counted",
        Code(
            "request_links:blp",
            """Blueprint("request_links", description=__X, public=True)""",
            """Blueprint("request_links", description=__X, public=True, counted=False)""",
        ),
    ),
)
