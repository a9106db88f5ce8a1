"""Ordinary users on the JuiceFS gateway, by MinIO's admin API: its root may not AssumeRole."""

import hashlib
import json
import os
import time
from urllib.parse import urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.stores.store import Store

PBKDF2_AES_GCM = b"\x02"
PBKDF2_ROUNDS = 8192
FRAGMENT_BYTES = 16 * 1024
POLICIES_SECONDS = 20.0
NOT_YET = (b"XMinioAdminNoSuchPolicy", b"Server not initialized")


def encrypt(secret: str, plain: bytes) -> bytes:
    """Seal an admin payload as MinIO's `madmin.EncryptData` does, in one fragment.

    salt (32) | algorithm (1) | nonce (8) | AES-256-GCM of the last fragment, which is number 1;
    its associated data is 0x80 and the tag over nothing that fragment 0 would have.
    """
    assert len(plain) <= FRAGMENT_BYTES
    salt, nonce = os.urandom(32), os.urandom(8)
    cipher = AESGCM(hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, PBKDF2_ROUNDS, 32))
    empty_tag = cipher.encrypt(nonce + (0).to_bytes(4, "little"), b"", b"")
    sealed = cipher.encrypt(nonce + (1).to_bytes(4, "little"), plain, b"\x80" + empty_tag)
    return salt + PBKDF2_AES_GCM + nonce + sealed


def _admin_put(store: Store, operation: str, query: dict[str, str], body: bytes) -> None:
    url = f"{store.endpoint}/minio/admin/v3/{operation}?{urlencode(query)}"
    digest = hashlib.sha256(body).hexdigest()
    request = AWSRequest("PUT", url, headers={"X-Amz-Content-Sha256": digest}, data=body)
    SigV4Auth(Credentials(store.access_key, store.secret_key), "s3", store.region).add_auth(request)
    deadline = time.monotonic() + POLICIES_SECONDS
    with urllib3.PoolManager() as pool:
        answer = pool.request("PUT", url, body=body, headers=dict(request.headers.items()))
        # It answers before it is ready, and before its own policies are loaded.
        while any(sign in answer.data for sign in NOT_YET) and time.monotonic() < deadline:
            time.sleep(0.1)
            answer = pool.request("PUT", url, body=body, headers=dict(request.headers.items()))
    if answer.status != 200:
        raise AssertionError(f"{operation}: {answer.status} {answer.data.decode(errors='replace')}")


def add_user(store: Store, access_key: str, secret_key: str, policy: str = "readwrite") -> None:
    """Create a user with a policy that exists: `readwrite`, `readonly`, or of `add_policy`.

    `secret_key` has at least 8 characters.
    """
    body = json.dumps({"secretKey": secret_key, "status": "enabled"}).encode()
    sealed = encrypt(store.secret_key, body)
    _admin_put(store, "add-user", {"accessKey": access_key}, sealed)
    query = {"policyName": policy, "userOrGroup": access_key, "isGroup": "false"}
    _admin_put(store, "set-user-or-group-policy", query, b"")


def add_policy(store: Store, name: str, document: dict[str, object]) -> None:
    """Create a named IAM policy from its document."""
    _admin_put(store, "add-canned-policy", {"name": name}, json.dumps(document).encode())
