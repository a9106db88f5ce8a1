"""How much arrives, and in how many parts: T20, T23 to T25, T50."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

multipart = Broken("app/s3/multipart.py")
parts = Broken("app/domain/parts.py")
listing = Broken("app/s3/part_listings.py")
large = Broken("app/assets/multipart_uploads.py")
uppy = Broken("app/domain/uppy.py")
uppy_api = Broken("app/api/uppy.py")
uppy_signer = Broken("app/signing/uppy.py")
sign = Broken("app/api/uppy_sign.py")
memory = Broken("app/limits/memory_ledger.py")
redis = Broken("app/limits/redis_ledger.py")
quota = Broken("app/limits/quota.py")
allowance = Broken("app/limits/allowance.py")
uploads_api = Broken("app/api/uploads.py")
uppy_uploads = Broken("app/api/uppy_uploads.py")
worker = Broken("app/events/handler.py")

_COUNTED_AFTER = """\
        upload_id = self._multipart.create(key, stored_headers(upload))
        live = self._multipart.list_uploads(root.prefix, limit=self._max_live + 1).uploads
        if len(live) > self._max_live:
            self._multipart.abort(key, upload_id)
            raise TooManyUploads(
                f"There are {self._max_live} unfinished uploads; complete some or give them up"
            )
"""
_COUNTED_BEFORE = """\
        live = self._multipart.list_uploads(root.prefix, limit=self._max_live + 1).uploads
        if len(live) >= self._max_live:
            raise TooManyUploads("There are too many unfinished uploads")
        upload_id = self._multipart.create(key, stored_headers(upload))
"""

MUTANTS: tuple[Mutant, ...] = (
    multipart(
        "T20",
        "completion does not look at the key first",
        "if self._store.head(key) is not None:\n                return False",
        "if False:\n                return False",
    ),
    multipart("T20", "completion sets no condition", '                    IfNoneMatch="*",\n', ""),
    uploads_api(
        "T20",
        "a file of a package may be taken twice",
        "if declaration.asset_id and services.store.head(root.key(upload.path)):",
        "if False:",
    ),
    parts(
        "T23",
        "a part may have any number",
        "for index, number in enumerate(numbers):\n            if not 1 <= number <= self.count:",
        "for index, number in enumerate(numbers):\n            if False:",
    ),
    parts(
        "T23",
        "a part may be asked for twice",
        "if len(set(numbers)) != len(numbers):",
        "if False:",
    ),
    parts(
        "T23",
        "a part may have any size",
        "and part.size == self.size_of(part.number)",
        "and True",
    ),
    parts("T23", "gaps are completed", "if not missing:", "if uploaded:"),
    listing(
        "T23",
        "the first page of parts is all",
        "if not found or not _is_truncated(document):",
        "if True:",
    ),
    listing(
        "T23",
        "an upload that is over is a fault",
        'if document.findtext("Code", "") in _GONE:',
        "if False:",
    ),
    uppy(
        "T23",
        "Uppy's gaps are completed",
        "parts = [by_number[number] for number in wanted]",
        "parts = [by_number[number] for number in wanted if number in by_number]",
        Edit("app/domain/uppy.py", "if faults:", "if False:"),
    ),
    uppy(
        "T23",
        "Uppy's parts may be cut in any way",
        "if any(part.size != first for part in parts[:-1]) or parts[-1].size > first:",
        "if False:",
    ),
    uppy_api(
        "T23", "Uppy's parts may have any number", "or int(part_number) > MAX_PARTS:", "or False:"
    ),
    large("T24", "unfinished uploads have no limit", "if len(live) > self._max_live:", "if False:"),
    large("T24", "uploads are counted before they begin", _COUNTED_AFTER, _COUNTED_BEFORE),
    uppy_signer(
        "T24",
        "Uppy's unfinished uploads have no limit",
        "if len(live) >= self._max_live:",
        "if False:",
    ),
    memory(
        "T25",
        "what is reserved does not count",
        "return held + (self.count.usage.total.bytes if self.count else 0)",
        "return self.count.usage.total.bytes if self.count else 0",
    ),
    redis("T25", "Redis never says no", "if size > left then", "if false then"),
    quota(
        "T25",
        "what completes over the quota stays",
        "if left is not None and left < 0:",
        "if False:",
    ),
    allowance("T25", "an event has the narrowest quota", "else max(every)", "else min(every)"),
    worker(
        "T25",
        "the worker asks for no room",
        "if reason is None and verdict.is_current:",
        "if False:",
    ),
    uploads_api(
        "T25",
        "an upload reserves nothing",
        "        reserve(upload)\n        upload = begin(upload)\n",
        "        upload = begin(upload)\n",
        Edit("app/api/uploads.py", "reserves nothing.\n        reserve(upload)\n", "\n"),
    ),
    uppy_signer(
        "T50", "a presigned completion overwrites", '"if-none-match": "*",\n            ', ""
    ),
    uppy_signer(
        "T50",
        "a presigned completion signs no size",
        '"x-amz-mp-object-size": str(sum(part.size for part in parts)),',
        "",
    ),
    sign(
        "T50",
        "a completion is signed though the key is taken",
        "if services.store.head(target.key) is not None:",
        "if False:",
    ),
    sign(
        "T50",
        "a completion is signed for parts that nobody checked",
        "parts = arrived_parts(target)\n",
        "parts = services.multipart.list_parts(target.key, target.s3_upload_id)\n",
    ),
)
