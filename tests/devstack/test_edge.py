"""The local edge refuses what CloudFront refuses, and answers what CloudFront answers.

Signed here by botocore's ``CloudFrontSigner`` or by hand, never by the gateway's own signer.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from devstack.account import Stack
from devstack.edge import SANDBOX
from devstack.edge_keys import KeyPair
from devstack.edge_serving import serving_edge

ROOT = Path(__file__).parents[2]
PAGE = "http://localhost:3000"
EC, RSA, STRANGER = KeyPair.fresh("ec"), KeyPair.fresh("rsa"), KeyPair.fresh("ec")
FOLDER = "users/ada/video/0199aaaa-0000-7000-8000-000000000001/"
KEY = f"{FOLDER}720p/seg 1+ü.ts"
PATH = "/users/ada/video/0199aaaa-0000-7000-8000-000000000001/720p/seg%201%2B%C3%BC.ts"
BODY = bytes(range(256)) * 4096
ALGORITHMS = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}  # noqa: S303


def sign(pair: KeyPair, message: bytes, algorithm: str = "SHA256") -> str:
    key = load_pem_private_key(pair.private_key.encode(), None)
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(message, padding.PKCS1v15(), ALGORITHMS[algorithm])
    else:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        signature = key.sign(message, ec.ECDSA(ALGORITHMS[algorithm]))
    return encode(signature)


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))


def soon(seconds: int = 60) -> int:
    return int(time.time()) + seconds


@dataclass
class Viewer:
    """Somebody before the edge."""

    address: str
    http: urllib3.PoolManager

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> urllib3.BaseHTTPResponse:
        return self.http.request(method, self.address + path, headers=headers, retries=False)

    def canned(
        self, path: str = PATH, *, expires: int | None = None, pair: KeyPair = EC, **other: str
    ) -> str:
        """A path with a canned policy on it; ``other`` replaces parameters."""
        expires = soon() if expires is None else expires
        resource = self.address + path
        statement = {
            "Resource": resource,
            "Condition": {"DateLessThan": {"AWS:EpochTime": expires}},
        }
        document = json.dumps({"Statement": [statement]}, separators=(",", ":")).encode()
        algorithm = other.get("Hash_Algorithm", "SHA256")
        parameters = {
            "Expires": str(expires),
            "Signature": sign(pair, document, algorithm),
            "Key-Pair-Id": pair.key_pair_id,
            "Hash-Algorithm": algorithm,
            **{name.replace("_", "-"): value for name, value in other.items()},
        }
        ending = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"{path}{'&' if '?' in path else '?'}{ending}"

    def custom(self, resource: str, pair: KeyPair = EC, **condition: Any) -> dict[str, str]:
        """Parameters of a custom policy for ``resource`` (a path pattern)."""
        condition = {"DateLessThan": {"AWS:EpochTime": soon()}, **condition}
        statement = {"Resource": self.address + resource, "Condition": condition}
        return signed_document({"Statement": [statement]}, pair)


def signed_document(document: Any, pair: KeyPair = EC) -> dict[str, str]:
    policy = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {
        "Policy": encode(policy),
        "Signature": sign(pair, policy),
        "Key-Pair-Id": pair.key_pair_id,
        "Hash-Algorithm": "SHA256",
    }


def query(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in parameters.items())


def cookie(parameters: Mapping[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"CloudFront-{name}={v}" for name, v in parameters.items())}


@pytest.fixture(scope="module")
def viewer(stack: Stack) -> Iterator[Viewer]:
    put: Callable[..., Any] = stack.client("s3").put_object
    stored = {"Body": BODY, "ContentType": "video/mp2t", "CacheControl": "max-age=86400"}
    put(Bucket=stack.bucket, Key=KEY, **stored)
    for neighbour in (
        "users/ada/video/0199aaaa-0000-7000-8000-0000000000012/a.ts",
        "users/eve/video/0199aaaa-0000-7000-8000-000000000001/a.ts",
    ):
        put(Bucket=stack.bucket, Key=neighbour, **stored)
    with (
        serving_edge(stack, pairs=[EC, RSA], origins=[PAGE]) as address,
        urllib3.PoolManager() as http,
    ):
        yield Viewer(address, http)


@pytest.mark.parametrize("pair", [EC, RSA], ids=["ec", "rsa"])
@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256"])
def test_both_keys_and_both_hashes_open(viewer: Viewer, pair: KeyPair, algorithm: str) -> None:
    """RSA and EC, SHA-1 and SHA-256; the body arrives whole."""
    answer = viewer.get(viewer.canned(pair=pair, Hash_Algorithm=algorithm))
    assert (answer.status, answer.data) == (200, BODY)


def test_without_a_hash_name_it_is_sha1(viewer: Viewer) -> None:
    """As botocore's signer writes it, canned and custom; a SHA-256 signature is then refused."""
    signer = CloudFrontSigner(RSA.key_pair_id, lambda message: sha1_rsa(message))
    until = datetime.fromtimestamp(soon(), UTC)
    url = viewer.address + PATH
    policy = signer.build_policy(f"{viewer.address}/users/ada/*", until)
    for opened in (
        signer.generate_presigned_url(url, date_less_than=until),
        signer.generate_presigned_url(url, policy=policy),
    ):
        assert viewer.get(opened.removeprefix(viewer.address)).status == 200
    signed = viewer.canned(pair=RSA).replace("&Hash-Algorithm=SHA256", "")
    assert viewer.get(signed).status == 403


def sha1_rsa(message: bytes) -> bytes:
    key = load_pem_private_key(RSA.private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Key_Pair_Id": "KUNKNOWN000001"}, "InvalidKey"),
        ({"Key_Pair_Id": RSA.key_pair_id}, "AccessDenied"),
        ({"Expires": str(soon(99999))}, "AccessDenied"),
        ({"Expires": "soon"}, "MalformedPolicy"),
        ({"Signature": "AAAA"}, "AccessDenied"),
        ({"Signature": "%"}, "MalformedSignature"),
        ({"Hash_Algorithm": "MD5"}, "InvalidHashAlgorithm"),
        ({"Policy": "e30_"}, "MissingPolicy"),
    ],
    ids=[
        *("unknown key", "another key", "later", "no instant", "another signature", "no base64"),
        *("another hash", "two policies"),
    ],
)
def test_a_changed_parameter_is_refused(viewer: Viewer, change: dict[str, str], code: str) -> None:
    """Key, expiry, signature and hash belong together; the refusal says which is wrong."""
    good = viewer.canned()
    bad = good
    for name, value in change.items():
        spelt = name.replace("_", "-")
        head, _, rest = bad.partition(f"{spelt}=")
        bad = f"{head}{spelt}={value}" + ("&" + rest.partition("&")[2] if "&" in rest else "")
        if not rest:
            bad = f"{good}&{spelt}={value}"
    answer = viewer.get(bad)
    assert (answer.status, f"<Code>{code}</Code>" in answer.data.decode()) == (403, True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_opens_without_a_signature(viewer: Viewer) -> None:
    """No parameters, half of them, twice the same, or a key outside the group."""
    good = viewer.canned()
    for path in (
        PATH,
        good.partition("&Key-Pair-Id")[0],
        good.replace("Signature=", "Sig="),
        f"{good}&Expires={soon()}",
        viewer.canned(pair=STRANGER),
    ):
        assert viewer.get(path).status == 403


def test_another_path_query_or_host_is_refused(viewer: Viewer) -> None:
    """A canned policy is for one URL, letter for letter."""
    good = viewer.canned(f"{PATH}?response-content-disposition=inline")
    assert viewer.get(good).status == 200
    for bad in (
        good.replace("seg%201", "seg%202"),
        good.replace("=inline", "=attachment"),
        good.replace("?response", "?x=1&response"),
        good.replace("%2B", "+"),
    ):
        assert bad != good
        assert viewer.get(bad).status == 403
    elsewhere = Viewer(viewer.address.replace("localhost", "127.0.0.1"), viewer.http)
    assert elsewhere.get(good).status == 403


def test_time_and_address_of_a_custom_policy_hold(viewer: Viewer) -> None:
    """DateLessThan, DateGreaterThan and the client's address, each on its own."""
    for allowed, condition in (
        (True, {"DateLessThan": {"AWS:EpochTime": soon()}}),
        (False, {"DateLessThan": {"AWS:EpochTime": soon(-1)}}),
        (True, {"DateGreaterThan": {"AWS:EpochTime": soon(-1)}}),
        (False, {"DateGreaterThan": {"AWS:EpochTime": soon(30)}}),
        (True, {"IpAddress": {"AWS:SourceIp": "127.0.0.0/8"}}),
        (True, {"IpAddress": {"AWS:SourceIp": "0.0.0.0/0"}}),
        (False, {"IpAddress": {"AWS:SourceIp": "192.0.2.0/24"}}),
    ):
        parameters = viewer.custom("/users/ada/*", **condition)
        assert (viewer.get(f"{PATH}?{query(parameters)}").status == 200) is allowed, condition
    assert viewer.get(viewer.canned(expires=soon(-1))).status == 403


@pytest.mark.parametrize(
    "document",
    [
        b"{",
        b"[]",
        {"Statement": []},
        {"Statement": [{"Resource": "*"}]},
        {"Statement": [{"Resource": "*", "Condition": {}}]},
        {"Statement": [{"Resource": "*", "Condition": {"DateLessThan": {"AWS:EpochTime": "9"}}}]},
        {"Statement": [{"Resource": 1, "Condition": {"DateLessThan": {"AWS:EpochTime": 9**12}}}]},
    ],
    ids=str,
)
def test_a_policy_that_is_none_is_refused(viewer: Viewer, document: Any) -> None:
    """However well it is signed."""
    answer = viewer.get(f"{PATH}?{query(signed_document(document))}")
    assert (answer.status, b"MalformedPolicy" in answer.data) == (403, True)


def test_t34_a_wildcard_covers_its_folder_alone(viewer: Viewer) -> None:
    """T34: sub-folders are in it; neighbours, other users and ways out by dots are not."""
    grant = query(viewer.custom(f"/{FOLDER}*"))
    assert viewer.get(f"{PATH}?{grant}").status == 200
    for outside in (
        "/users/ada/video/0199aaaa-0000-7000-8000-0000000000012/a.ts",
        "/users/eve/video/0199aaaa-0000-7000-8000-000000000001/a.ts",
    ):
        assert viewer.get(f"{outside}?{grant}").status == 403
        assert viewer.get(outside, cookie(viewer.custom(f"/{FOLDER}*"))).status == 403


def test_t34_dot_segments_lead_nowhere(viewer: Viewer) -> None:
    """T34: a path is taken as it came, so `..` is a name that no object has."""
    grant = query(viewer.custom(f"/{FOLDER}*"))
    pool = urllib3.connection_from_url(viewer.address)
    host = viewer.address.removeprefix("http://")
    up = "../0199aaaa-0000-7000-8000-0000000000012/a.ts"
    for spelt in (up, up.replace("..", "%2e%2e"), up.replace("../", "..%2f")):
        target = f"/{FOLDER}{spelt}?{grant}"
        answer = pool.urlopen("GET", target, headers={"Host": host}, retries=False)
        assert answer.status in (400, 403, 404)
    pool.close()


def test_cookies_open_what_the_query_opens(viewer: Viewer) -> None:
    """Custom and canned; a signed URL beside them is judged alone."""
    good = cookie(viewer.custom(f"/{FOLDER}*"))
    assert viewer.get(PATH, good).status == 200
    names = ("Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm")
    canned = dict(p.split("=", 1) for p in viewer.canned().partition("?")[2].split("&"))
    assert viewer.get(PATH, cookie({name: canned[name] for name in names})).status == 200
    assert viewer.get(viewer.canned(expires=soon(-1)), good).status == 403
    assert viewer.get(PATH, cookie(viewer.custom(f"/{FOLDER}*", STRANGER))).status == 403


def test_ranges_and_conditions_are_answered(viewer: Viewer) -> None:
    """206 with its range, 416 beyond the end, 304 for the same ETag, HEAD without a body."""
    path = viewer.canned()
    part = viewer.get(path, {"Range": "bytes=100-199"})
    assert (part.status, part.data) == (206, BODY[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(BODY)}"
    whole = viewer.get(path)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert viewer.get(path, {"Range": f"bytes={len(BODY)}-"}).status == 416
    same = viewer.get(path, {"If-None-Match": whole.headers["ETag"]})
    assert (same.status, same.data) == (304, b"")
    assert same.headers["Cache-Control"] == "max-age=86400"
    head = viewer.get(path, method="HEAD")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(BODY)))


def test_t19_t33_answers_carry_the_security_headers(viewer: Viewer) -> None:
    """T19, T33: nosniff and sandbox on every answer; the stored type, and no other, is served."""
    other = f"{PATH}?response-content-type=text/html&response-content-disposition=inline"
    for path, status in ((viewer.canned(), 200), (PATH, 403), (viewer.canned(other), 200)):
        answer = viewer.get(path)
        assert answer.status == status
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert answer.headers["Content-Type"] == "video/mp2t"
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["Cache-Control"] == "max-age=86400"
    assert not [name for name in answer.headers if name.lower().startswith("x-amz")]


def test_t19_the_local_edge_has_the_headers_of_the_real_one() -> None:
    """T19: the sandbox here is the one that the template gives CloudFront."""
    assert SANDBOX in " ".join((ROOT / "infra" / "template.yaml").read_text().split())
    assert SANDBOX.endswith("; sandbox")


def test_a_disposition_counts_only_where_it_was_signed(viewer: Viewer) -> None:
    """Forwarded under an exact policy, dropped under a wildcard, by query or by cookies."""
    asked = f"{PATH}?response-content-disposition=attachment"
    grant = viewer.custom(f"/{FOLDER}*")
    assert viewer.get(viewer.canned(asked)).headers["Content-Disposition"] == "attachment"
    for answer in (viewer.get(f"{asked}&{query(grant)}"), viewer.get(asked, cookie(grant))):
        assert answer.status == 200
        assert "Content-Disposition" not in answer.headers


def test_t38_pages_of_the_list_may_read_and_send_cookies(viewer: Viewer) -> None:
    """T38: exact origins with credentials, on refusals and preflights too; nobody else."""
    for path in (viewer.canned(), PATH):
        for origin, allowed in ((PAGE, PAGE), (f"{PAGE}0", None), ("null", None)):
            answer = viewer.get(path, {"Origin": origin})
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed
            assert ("Access-Control-Allow-Credentials" in answer.headers) is bool(allowed)
            assert answer.headers["Vary"] == "Origin"
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    assert viewer.get(PATH, asked, "OPTIONS").status == 204


def test_t31_the_edge_only_reads(viewer: Viewer) -> None:
    """T31: a link cannot write or delete."""
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert viewer.get(viewer.canned(), method=method).status == 403
    assert viewer.get(viewer.canned()).status == 200


def test_a_missing_object_is_missing(viewer: Viewer) -> None:
    """The origin's own status comes through."""
    assert viewer.get(viewer.canned("/users/ada/video/none.mp4")).status == 404


def test_key_rotation_old_links_live_while_the_old_key_is_in_the_group(stack: Stack) -> None:
    """With both keys in the group both links open; once the old key is out, the new alone."""
    old, new = KeyPair.fresh("rsa"), KeyPair.fresh("ec")
    with urllib3.PoolManager() as http:
        with serving_edge(stack, pairs=[old, new], origins=[]) as address:
            both = Viewer(address, http)
            assert both.get(both.canned(pair=old)).status == 200
            assert both.get(both.canned(pair=new)).status == 200
        with serving_edge(stack, pairs=[new], origins=[]) as address:
            after = Viewer(address, http)
            assert after.get(after.canned(pair=old)).status == 403
            assert after.get(after.canned(pair=new)).status == 200


def test_a_store_that_is_down_is_a_502(stack: Stack) -> None:
    """The edge says so itself, with CORS, instead of dropping the connection."""
    nowhere = replace(stack, endpoint="http://127.0.0.1:9")
    with (
        serving_edge(nowhere, pairs=[EC], origins=[PAGE]) as address,
        urllib3.PoolManager() as http,
    ):
        viewer = Viewer(address, http)
        answer = viewer.get(viewer.canned(), {"Origin": PAGE})
        assert answer.status == 502
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
