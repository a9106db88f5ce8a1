"""How much arrives, and in how many parts: T20, T23 to T25, T50."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T20",
        "completion does not look at the key first",
        never("Multipart.complete", "self._store.head(key) is not None"),
    ),
    mutant(
        "T20", "completion sets no condition", without("Multipart._complete", 'IfNoneMatch="*"')
    ),
    mutant(
        "T20",
        "a file of a package may be taken twice",
        never("_declare", "declaration.asset_id and services.store.head(root.key(upload.path))"),
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
        never("PartListing.parts", "_is_truncated(document)"),
    ),
    mutant(
        "T23",
        "an upload that is over is a fault",
        never("PartListing._page", 'document.findtext("Code", "") in _GONE'),
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
        never("LargeUploads.begin", "len(live) > self._max_live"),
    ),
    mutant(
        "T24",
        "uploads are counted before they begin",
        Code(
            "LargeUploads.begin",
            """
                upload_id = self._multipart.create(key, stored_headers(upload))
                live = __LIVE
                if len(live) > self._max_live: ...
            """,
            """
                live = __LIVE
                if len(live) >= self._max_live:
                    raise TooManyUploads("There are too many unfinished uploads")
                upload_id = self._multipart.create(key, stored_headers(upload))
            """,
        ),
    ),
    mutant(
        "T24",
        "Uppy's unfinished uploads have no limit",
        never("UppySigner.create", "len(live) >= self._max_live"),
    ),
    mutant(
        "T25",
        "what is reserved does not count",
        Code("Account.taken", "held + __COUNTED", "__COUNTED"),
    ),
    mutant("T25", "Redis never says no", Text("_HOLD", "if size > left then", "if false then")),
    mutant(
        "T25",
        "what completes over the quota stays",
        never("Quota._settle", "left is not None and left < 0"),
    ),
    mutant(
        "T25",
        "an event has the narrowest quota",
        Code("Allowance.largest", "max(__EVERY)", "min(__EVERY)"),
    ),
    mutant(
        "T25",
        "the worker asks for no room",
        never("Handler._created", "reason is None and verdict.is_current"),
    ),
    mutant(
        "T25",
        "an upload reserves nothing",
        Code(
            "create_upload",
            """
                reserve(upload)
                upload = begin(upload)
            """,
            "upload = begin(upload)",
        ),
        without("create_upload", "reserve(upload)"),
    ),
    mutant(
        "T50",
        "a presigned completion overwrites",
        without("UppySigner.complete", '"if-none-match": "*"'),
    ),
    mutant(
        "T50",
        "a presigned completion signs no size",
        without(
            "UppySigner.complete", '"x-amz-mp-object-size": str(sum(part.size for part in parts))'
        ),
    ),
    mutant(
        "T50",
        "a completion is signed though the key is taken",
        never("_complete", "services.store.head(target.key) is not None"),
    ),
    mutant(
        "T50",
        "a completion is signed for parts that nobody checked",
        Code(
            "_complete",
            "arrived_parts(target)",
            "services.multipart.list_parts(target.key, target.s3_upload_id)",
        ),
    ),
)
