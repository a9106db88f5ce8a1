"""What the code asks of AWS, read from the code, and the permissions that each call needs.

boto3's operations are found by their names, presigned ones by their method and the sub-resource in
their query. An operation that the tables do not know fails the test, so that they stay whole.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

from app.s3 import operations as s3_operations

ROOT = Path(__file__).parents[2]
SERVICES = ("s3", "sqs", "sts", "cloudfront", "cognito-idp")
_READ = {"s3:GetObject", "s3:ListBucket"}  # without ListBucket a missing key is a 403, not a 404
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
ACTIONS: dict[str, set[str]] = {
    "head_object": _READ,
    "get_object": _READ,
    "put_object": {"s3:PutObject", "s3:PutObjectTagging"},
    "copy_object": _READ | {"s3:PutObject"},
    "upload_part_copy": _READ | {"s3:PutObject"},
    "create_multipart_upload": {"s3:PutObject", "s3:PutObjectTagging"},
    "upload_part": {"s3:PutObject"},
    "complete_multipart_upload": {"s3:PutObject"},
    "abort_multipart_upload": {"s3:AbortMultipartUpload"},
    "list_parts": {"s3:ListMultipartUploadParts"},
    "list_multipart_uploads": {"s3:ListBucketMultipartUploads"},
    "list_objects_v2": {"s3:ListBucket"},
    "list_object_versions": {"s3:ListBucketVersions"},
    "delete_object": {"s3:DeleteObject"},
    "delete_objects": {"s3:DeleteObject"},
    "head_bucket": {"s3:ListBucket"},
    "get_bucket_location": {"s3:GetBucketLocation"},
    "get_bucket_versioning": {"s3:GetBucketVersioning"},
    "get_bucket_cors": {"s3:GetBucketCORS"},
    "get_bucket_encryption": {"s3:GetEncryptionConfiguration"},
    "get_bucket_lifecycle_configuration": {"s3:GetLifecycleConfiguration"},
    "get_bucket_notification_configuration": {"s3:GetBucketNotification"},
    "get_bucket_ownership_controls": {"s3:GetBucketOwnershipControls"},
    "get_object_lock_configuration": {"s3:GetBucketObjectLockConfiguration"},
    "get_bucket_policy": {"s3:GetBucketPolicy"},
    "get_bucket_policy_status": {"s3:GetBucketPolicyStatus"},
    "get_public_access_block": {"s3:GetBucketPublicAccessBlock"},
    "put_bucket_cors": {"s3:PutBucketCORS"},
    "put_bucket_lifecycle_configuration": {"s3:PutLifecycleConfiguration"},
    "put_public_access_block": {"s3:PutBucketPublicAccessBlock"},
    "receive_message": {"sqs:ReceiveMessage"},
    "delete_message": {"sqs:DeleteMessage"},
    "delete_message_batch": {"sqs:DeleteMessage"},
    "change_message_visibility": {"sqs:ChangeMessageVisibility"},
    "send_message": {"sqs:SendMessage"},
    "get_queue_attributes": {"sqs:GetQueueAttributes"},
    "assume_role": {"sts:AssumeRole"},
    "get_caller_identity": set(),  # always allowed
    "create_invalidation": {"cloudfront:CreateInvalidation"},
    "get_distribution": {"cloudfront:GetDistribution"},
    "get_distribution_config": {"cloudfront:GetDistributionConfig"},
    "get_key_group": {"cloudfront:GetKeyGroup"},
    "get_public_key": {"cloudfront:GetPublicKey"},
    "get_origin_access_control": {"cloudfront:GetOriginAccessControl"},
    "list_key_groups": {"cloudfront:ListKeyGroups"},
    "list_public_keys": {"cloudfront:ListPublicKeys"},
    "describe_user_pool": {"cognito-idp:DescribeUserPool"},
    "describe_user_pool_client": {"cognito-idp:DescribeUserPoolClient"},
    # With the caller's own token, not with the gateway's keys.
    "delete_user": set(),
    "get_user": set(),
}
_VERSIONED = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
}
#: Listings are one name in the metrics.
_OF_LISTINGS = {
    "ListBucketResult": "list_objects_v2",
    "ListVersionsResult": "list_object_versions",
}
_SUBRESOURCES = ("uploads", "uploadId", "versions", "delete", "versioning", "list-type")
PRESIGNED = {
    ("GET", ""): "get_object",
    ("HEAD", ""): "head_object",
    ("PUT", ""): "put_object",
    ("GET", "list-type"): "list_objects_v2",
    ("GET", "uploads"): "list_multipart_uploads",
    ("GET", "uploadId"): "list_parts",
    ("GET", "versions"): "list_object_versions",
    ("GET", "versioning"): "get_bucket_versioning",
    ("FORM", ""): "put_object",
    ("POST", "uploads"): "create_multipart_upload",
    ("POST", "uploadId"): "complete_multipart_upload",
    ("POST", "delete"): "delete_objects",
    ("PUT", "uploadId"): "upload_part",
    ("DELETE", "uploadId"): "abort_multipart_upload",
}


def actions_needed(paths: Iterable[Path]) -> set[str]:
    """The IAM actions that the modules at ``paths`` cannot do without."""
    needed: set[str] = set()
    for path in paths:
        tree = ast.parse(path.read_text())
        names = set(operations(tree)) | set(presigned(tree))
        actions = set().union(*(ACTIONS[name] for name in names)) if names else set()
        if mentions_versions(tree):
            actions |= {_VERSIONED[action] for action in actions & _VERSIONED.keys()}
        needed |= actions
    return needed


def operations(tree: ast.AST) -> Iterator[str]:
    """boto3's operations that the module names, as a text, as a method that it calls, or as one of
    ``app.s3.operations``."""
    known = _known_operations()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "operations":
            constant = getattr(s3_operations, node.attr, None)
            if isinstance(constant, s3_operations.Operation):
                yield _OF_LISTINGS.get(constant.root, constant.name)
        if isinstance(node, ast.Constant) and node.value in known:
            yield node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from {node.func.attr} & known


def presigned(tree: ast.AST) -> Iterator[str]:
    """Operations that are signed here, by method and sub-resource, function by function."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        # A function that is handed the query is a step on the way, not the one that chooses.
        if "query" in {argument.arg for argument in function.args.args}:
            continue
        named = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)}
        subresource = next((name for name in _SUBRESOURCES if name in named), "")
        for method in _signed_methods(function):
            yield PRESIGNED[method, subresource]


def mentions_versions(tree: ast.AST) -> bool:
    """Whether the module passes a version's id to S3, as a parameter, in a query or in XML."""
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    names = (node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg)
    return any(
        isinstance(text, str) and ("VersionId" in text or "versionId" in text)
        for text in (*texts, *names)
    )


def _signed_methods(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr == "post_policy":
            yield "FORM"
        elif "presign" in node.func.attr:
            first = node.args[0] if node.args else None
            assert isinstance(first, ast.Constant | ast.Name), ast.unparse(node)
            if isinstance(first, ast.Constant):
                yield first.value
        elif ast.unparse(node.func.value).endswith("_exchange"):
            yield node.func.attr.upper()


@cache
def _known_operations() -> frozenset[str]:
    session = botocore.session.Session()
    return frozenset(
        xform_name(name)
        for service in SERVICES
        for name in session.get_service_model(service).operation_names
    )
