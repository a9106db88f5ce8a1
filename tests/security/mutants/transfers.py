"""How much arrives, and in how many parts: T20, T23 to T25, T50, T51, T63."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Plain, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T20",
        "completion does not look at the key first",
        never("Multipart.complete", "self._objects.head(key) is not None"),
    ),
    mutant(
        "T20",
        "completion sets no condition",
        without("Multipart._complete", '"if-none-match": "*"'),
    ),
    mutant(
        "T20",
        "a file of a package may be taken twice",
        never("Uploads.declare", "declaration.asset_id and self._objects.head(upload.key)"),
    ),
    mutant(
        "T23",
        "a part may have any number",
        never("PartPlan.check_numbers", "not 1 <= number <= self.count"),
    ),
    mutant(
        "T23",
        "a part may be asked for twice",
        never("PartPlan.check_numbers", "len(set(numbers)) != len(numbers)"),
    ),
    mutant(
        "T23",
        "a part may have any size",
        always("PartPlan.progress", "part.size == self.size_of(part.number)"),
    ),
    mutant("T23", "gaps are completed", Code("PartPlan.check_complete", "not missing", "uploaded")),
    mutant(
        "T23",
        "the first page of parts is all",
        always("Multipart.list_parts", "not answer.document.is_truncated"),
    ),
    mutant(
        "T23",
        "an upload that is over is a fault",
        without("Multipart.list_parts", "expect=NO_UPLOAD"),
    ),
    mutant(
        "T23",
        "Uppy's gaps are completed",
        Code(
            "check_parts",
            "[by_number[number] for number in wanted]",
            "[by_number[number] for number in wanted if number in by_number]",
        ),
        Code("check_parts", "if faults: ...", "if False: ..."),
    ),
    mutant(
        "T23",
        "Uppy's parts may be cut in any way",
        never(
            "check_parts",
            "any(part.size != first for part in parts[:-1]) or parts[-1].size > first",
        ),
    ),
    mutant(
        "T23",
        "Uppy's parts may have any number",
        never("sign_part", "int(part_number) > MAX_PARTS"),
    ),
    mutant(
        "T24",
        "unfinished uploads have no limit",
        never("MultipartUploads._check_live", "len(live) > most"),
    ),
    mutant(
        "T24",
        "uploads are counted before they begin",
        Code(
            "MultipartUploads.begin",
            """
            upload_id = self._multipart.create(upload.key, stored_headers(upload))
            try:
                self._check_live(upload.sub, most=self._max_live)
            except TooManyUploads: ...
        """,
            """
            self.check_room(upload.sub)
            upload_id = self._multipart.create(upload.key, stored_headers(upload))
        """,
        ),
    ),
    mutant(
        "T24",
        "Uppy's unfinished uploads have no limit",
        without("UppyUploads.sign_creation", "self._multipart.check_room(...)"),
    ),
    mutant(
        "T25",
        "what is reserved does not count",
        Code("Account.taken", "self.reserved + __COUNTED", "__COUNTED"),
    ),
    mutant(
        "T25",
        "Redis never says no",
        Plain("app/limits/ledger.lua", "if needed > left then", "if false then"),
    ),
    mutant(
        "T25",
        "a Redis that has become a replica is kept",
        always("RedisClient._asked", "self._single is None or not _is_of_a_replica(error)"),
    ),
    mutant(
        "T25",
        "a Redis that answers reads is back",
        without("Shared.use", "self.client.try_write(key)"),
    ),
    mutant(
        "T25",
        "what completes over the quota stays",
        always("Quota._settle", "state.taken <= quota"),
    ),
    mutant(
        "T25",
        "an event has the narrowest quota",
        Code("Allowance.largest", "max(__EVERY)", "min(__EVERY)"),
    ),
    mutant(
        "T25",
        "the worker asks for no room",
        never("Completion.judge_arrival", "from_browser and reason is None and verdict.is_current"),
    ),
    mutant(
        "T25",
        "an upload reserves nothing",
        without("Uploads.start", "self._reserve(principal, upload)"),
    ),
    mutant(
        "T50",
        "a presigned completion overwrites",
        without("UppySigner.complete", '"if-none-match": "*"'),
    ),
    mutant(
        "T50",
        "a presigned completion signs no size",
        Code(
            "UppySigner.complete",
            '{"if-none-match": "*", WHOLE_SIZE: str(sum(part.size for part in parts))}',
            '{"if-none-match": "*"}',
        ),
    ),
    mutant(
        "T50",
        "a completion is signed though the key is taken",
        never("UppyMultipart.sign_completion", "self._objects.head(target.key) is not None"),
    ),
    mutant(
        "T50",
        "a completion is signed for parts that nobody checked",
        Code(
            "UppyMultipart.sign_completion",
            "self._arrived(principal, target)",
            "self._multipart.list_parts(target.key, target.s3_upload_id)",
        ),
    ),
    mutant(
        "T51",
        "what arrives unexpectedly may always stay",
        Code("Account.settle", "expected", "True"),
    ),
    mutant(
        "T51",
        "a hold ends with the upload, though its URL lives",
        always("Account.settle", "dies and known.mark == brief(hold.mark)"),
    ),
    mutant(
        "T63",
        "one item's fault is everybody's",
        Code("UploadBatches.declare", "results[number] = problem", "raise"),
    ),
    mutant(
        "T63",
        "one completion's fault is everybody's",
        Code("each_by_itself", "return problem", "raise"),
    ),
)
