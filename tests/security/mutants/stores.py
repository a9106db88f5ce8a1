"""What the store answers, when, who waits for it or for this process, and what strays in it: T53,
T55, T56, T58."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T53",
        "an error that comes with a 200 is a success",
        never("_judge_success", 'document.name == "Error"'),
        never("_judge_success", "document.name != operation.root"),
    ),
    mutant(
        "T53",
        "any document is a success",
        never("_judge_success", "document.name != operation.root"),
    ),
    mutant(
        "T53",
        "a 200 without a document is a success",
        always("_judge_success", "not operation.root"),
    ),
    mutant(
        "T53",
        "a 202 is an answer",
        Code("answers:judge", "raw.status in (200, 204)", "raw.status < 300"),
    ),
    mutant(
        "T53",
        "a foreign 404 says that nothing is there",
        Code("answers:_code_of", 'return ""', "return code_of_status(raw.status)"),
    ),
    mutant(
        "T53",
        "a list may give the same page without end",
        never("Listings.page", "token and page.next_token == token"),
    ),
    mutant(
        "T53",
        "an interim answer is taken for the final one",
        always("_Response._read_status", "status >= 200"),
    ),
    mutant("T53", "a document may define entities", never("Document.of", 'b"<!DOCTYPE" in body')),
    mutant(
        "T55",
        "any number of requests wait for a turn",
        Code("Turns.of", "with self._bulkhead: ...", "if True: ..."),
    ),
    mutant(
        "T55",
        "any number of long lists are signed at once",
        always("bound_work.enter", "_is_small(asked.environ)"),
    ),
    mutant(
        "T55",
        "each call has helpers of its own",
        Code("helping", "not _free.acquire(blocking=False)", "False"),
        Code("helping", "_free.release()", "None"),
        Code("helping", "_helpers.submit(help_out)", "ThreadPoolExecutor(1).submit(help_out)"),
    ),
    mutant(
        "T55",
        "a list is counted when its values have been looked at",
        without("BoundedList._deserialize", "self._count(value)"),
    ),
    mutant(
        "T55",
        "an answer names all faults",
        Code(
            "schema_problem", 'islice(_flatten(messages, ""), MAX_FAULTS)', '_flatten(messages, "")'
        ),
    ),
    mutant(
        "T55",
        "an object has any number of names",
        never("_unique", "len(pairs) > MAX_NAMES"),
    ),
    mutant("T56", "a store may trickle", never("_Response.__init__", "ends_at is not None")),
    mutant(
        "T56",
        "a call with all its attempts may take an hour",
        Code("S3Client._ask", "http_clients.deadline(__SECONDS)", "http_clients.deadline(3600)"),
    ),
    mutant(
        "T58",
        "every upload that a URL created stays",
        without("StrayUploads.leave_only", "self._abort(...)"),
    ),
    mutant(
        "T58",
        "uploads that nobody asks parts of stay",
        without("UrlEnds._run", "self.look(key)"),
    ),
    mutant(
        "T58",
        "parts of a browser's own upload do not count",
        without("UppyMultipart.sign_parts", "self._quota.reserve(...)"),
    ),
)
