"""The operations of S3 that the gateway asks for: how, with which answer, and counted.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

CALLS = Counter("gateway_s3_calls", "Requests to the bucket by the gateway", ["operation"])
ERRORS = Counter("gateway_s3_errors", "Those that failed", ["operation"])
SECONDS = Histogram(
    "gateway_s3_seconds",
    "Time from a request to the bucket to its answer, retries included",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


class Operation:
    """One operation. ``name`` is its label in the metrics, as boto3 spells it."""

    __slots__ = ("calls", "errors", "has_body", "is_slow", "method", "name", "root")

    def __init__(
        self, name: str, method: str, *, root: str = "", has_body: bool = False, slow: bool = False
    ) -> None:
        """``root``: the root element of a success's document, which must be there.

        ``has_body``: whether a success brings bytes, though no document. ``slow``: the store may
        work for a while before it answers.
        """
        self.name = name
        self.method = method
        self.root = root
        self.has_body = has_body
        self.is_slow = slow
        # Looked up once: that costs more than counting does.
        self.calls = CALLS.labels(name)
        self.errors = ERRORS.labels(name)


HEAD_OBJECT = Operation("head_object", "HEAD")
GET_OBJECT = Operation("get_object", "GET", has_body=True)
PUT_OBJECT = Operation("put_object", "PUT")
DELETE_OBJECT = Operation("delete_object", "DELETE")
DELETE_OBJECTS = Operation("delete_objects", "POST", root="DeleteResult", slow=True)
COPY_OBJECT = Operation("copy_object", "PUT", root="CopyObjectResult", slow=True)
LIST_OBJECTS = Operation("list", "GET", root="ListBucketResult")
LIST_VERSIONS = Operation("list", "GET", root="ListVersionsResult")
GET_VERSIONING = Operation("get_bucket_versioning", "GET", root="VersioningConfiguration")
CREATE_UPLOAD = Operation("create_multipart_upload", "POST", root="InitiateMultipartUploadResult")
COPY_PART = Operation("upload_part_copy", "PUT", root="CopyPartResult", slow=True)
LIST_PARTS = Operation("list_parts", "GET", root="ListPartsResult")
LIST_UPLOADS = Operation("list_multipart_uploads", "GET", root="ListMultipartUploadsResult")
COMPLETE_UPLOAD = Operation(
    "complete_multipart_upload", "POST", root="CompleteMultipartUploadResult", slow=True
)
ABORT_UPLOAD = Operation("abort_multipart_upload", "DELETE")
