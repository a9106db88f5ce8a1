"""How each kind of setting is read from text, and what is wrong with texts that cannot work.

Every message completes the variable's name into a sentence, and never shows the value, which may be
a secret. Modules of the service are imported where they are asked, as they import ``config``.

Over 200 lines because each kind of setting has its short check here.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from typing import Any
from urllib.parse import SplitResult, urlsplit

from marshmallow import ValidationError, fields, validate

DEFAULT_PORTS = {"http": 80, "https": 443}
#: Pages of these have no origin: browsers send ``null``, or no page can be at such an address.
_NO_ORIGINS = frozenset(
    {"about", "blob", "data", "file", "filesystem", "ftp", "javascript", "ws", "wss"}
)
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?\Z")
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
#: Formats and controls, separators of lines and paragraphs.
_UNSEEN = frozenset({"Cf", "Cc", "Zl", "Zp"})
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
#: Kinds of buckets with an API of their own: directory buckets and their access points, tables,
#: multi-region access points. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_OTHER_BUCKETS = ("--x-s3", "--xa-s3", "--table-s3", ".mrap")
#: Of 32 hexadecimal digits drawn at random, fewer are seen once in 25 million draws.
_FEWEST_CHARACTERS = 8
_SHORTEST_TOKEN = 16
#: With a sign, so that it can be said which numbers are too small.
_NUMBER = re.compile(r"-?[0-9]+")


class CommaSeparated(fields.List[str]):
    """``a, b`` as ``("a", "b")``; empty items are dropped."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        items = [item.strip() for item in value.split(",") if item.strip()]
        return tuple(super()._deserialize(items, *args, **kwargs))


class Number(fields.Int):
    """ASCII digits: ``int`` takes ``1_0``, ``+1`` and other scripts' digits, too."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not _NUMBER.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class WholeNumbers(fields.List[int]):
    """``1, 7`` as ``(1, 7)``; empty items are dropped."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        items = [item.strip() for item in value.split(",") if item.strip()]
        return tuple(super()._deserialize(items, *args, **kwargs))


class BaseUrl(fields.Str):
    """An http or https address that paths are put behind; slashes at its end are dropped."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, *args, **kwargs).rstrip("/")

    def _validate(self, value: Any) -> None:
        check_url(value)
        super()._validate(value)


def is_quoted(text: str) -> bool:
    """Whether ``text`` still has the quotes of a shell or of an example around it.

    Docker's ``--env-file`` and most dashboards take quotes for a part of the value.
    """
    return len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES


def is_partly_unseen(text: str) -> bool:
    """Whether ``text`` holds what has no shape, as zero-width spaces and marks of direction have
    none. Line breaks and tabs stand between words."""
    return any(unicodedata.category(each) in _UNSEEN for each in text if each not in "\r\n\t")


def check_url(value: str) -> None:
    """An address without a query. Raises ValidationError, as all of these."""
    if _http_address(value).query:
        raise ValidationError("must be an http or https address, without a query")


def check_page_url(value: str) -> None:
    """An address that a fragment is put behind, so that it has none."""
    _http_address(value)
    if "#" in value:
        raise ValidationError("must be an http or https address, without a fragment (#)")


def check_webhook_url(value: str) -> None:
    if _http_address(value, may_name_user=True).username is not None:
        raise ValidationError("holds a user name or password; webhooks are signed instead")


def check_queue_url(value: str) -> None:
    if _http_address(value).path.rstrip("/").endswith(".fifo"):
        raise ValidationError("is a FIFO queue, to which S3 sends no events; use a standard queue")
    check_url(value)


def check_redis_url(value: str) -> None:
    if not re.match(r"(rediss?(\+cluster|\+sentinel)?|unix)://\S+\Z", value):
        raise ValidationError(
            "must be redis://, rediss:// or unix://, or with +cluster or +sentinel: "
            "redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/name"
        )
    from app.limits.redis_address import check

    try:
        check(value)
    except Exception as error:
        raise ValidationError(
            "is not an address that the Redis client takes: check its port, and the names in its "
            "query"
        ) from error


def check_sentry_dsn(value: str) -> None:
    from sentry_sdk.utils import BadDsn, Dsn

    try:
        Dsn(value)
    except (BadDsn, ValueError) as error:
        raise ValidationError("must be a DSN as Sentry shows it") from error


def check_webhook_secrets(value: str) -> None:
    for text in value.split():
        try:
            key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not 24 <= len(key) <= 64:
            raise ValidationError(
                "must be 24 to 64 bytes in base64, with or without whsec_ before it; "
                "`openssl rand -base64 32` makes one"
            )


def check_event_type(value: str) -> None:
    from app.domain.events import EventType

    known = [kind.value for kind in EventType if kind is not EventType.TEST]
    if value not in known:
        raise ValidationError(f"must be of {', '.join(known)}, comma-separated")


def check_rate(value: str) -> None:
    # Read by what will count by it.
    from app.limits.rates import parse_rate

    try:
        parse_rate(value)
    except ValueError:
        raise ValidationError("must be a rate such as 600/minute") from None


def check_signing_key(value: str) -> None:
    # Read by what will sign with it, so that no second opinion is kept here.
    from app.signing.cloudfront_keys import load_signing_key

    try:
        load_signing_key(value, "sha256")
    except ValueError as error:
        raise ValidationError(str(error)) from None


def check_origin(value: str) -> None:
    """An origin as browsers send it: of a page, or of an app shell (``capacitor://localhost``)."""
    found = _ORIGIN.fullmatch(value)
    if not found or found[1] in _NO_ORIGINS or int(found[3] or 0) > 65535:
        raise ValidationError(
            "must be exact origins such as https://app.example.com; '*' and paths are refused"
        )
    if found[3] and int(found[3]) == DEFAULT_PORTS.get(found[1]):
        raise ValidationError(
            "must be origins as browsers send them: without the default port (:443, :80)"
        )


def check_bucket(value: str) -> None:
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]", value):
        raise ValidationError("must be a bucket's name (3 to 63 of a-z 0-9 . -)")
    if value.endswith(_OTHER_BUCKETS):
        raise ValidationError(
            "must be a general purpose bucket: directory buckets (--x-s3), table buckets and "
            "multi-region access points have an API of their own"
        )


def check_secret_key(value: str) -> None:
    how = "`openssl rand -hex 32` makes one"
    if len(value) < 32:
        raise ValidationError(f"must have at least 32 characters; {how}")
    if len(set(value)) < _FEWEST_CHARACTERS:
        raise ValidationError(f"repeats a few characters, so it can be guessed; {how}")


def check_token(value: str) -> None:
    """A bearer token: what RFC 6750, section 2.1, lets stand in the header."""
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", value):
        raise ValidationError("must be made of letters, digits and - . _ ~ + /")
    if len(value) < _SHORTEST_TOKEN:
        raise ValidationError(
            f"must have at least {_SHORTEST_TOKEN} characters; `openssl rand -hex 32` makes one"
        )


def check_secret_access_key(value: str) -> None:
    """Other stores' passwords may hold anything but what a copy adds: blanks, quotes at an end."""
    if re.search(r"\s", value) or value[0] in _QUOTES or value[-1] in _QUOTES:
        raise ValidationError("holds blanks or quotes; copy it again")


def _http_address(value: str, *, may_name_user: bool = False) -> SplitResult:
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        if parts.port == 0:
            host = ""
        host.encode("idna")  # names of labels up to 63 letters long
    except ValueError:
        host = ""
    if not host or parts.scheme not in DEFAULT_PORTS or parts.fragment or " " in value:
        raise ValidationError("must be an http or https address")
    if not host.isascii():
        raise ValidationError("must have its host's name in ASCII (xn--…)")
    if not _HOST.fullmatch(host):
        raise ValidationError("must be one address, of a host's name as it is")
    if parts.username is not None and not may_name_user:
        raise ValidationError("holds a user name or password, which would be sent to nobody")
    return parts


check_region = validate.Regexp(
    r"[a-z]{2}[a-z0-9-]{2,30}\Z", error="must be a region like eu-west-1"
)
check_pool = validate.Regexp(
    r"[\w-]+_[0-9a-zA-Z]+\Z", re.ASCII, error="must be a pool id like eu-west-1_AbCdEf"
)
check_client_id = validate.Regexp(
    r"[\w+.-]{1,128}\Z",
    re.ASCII,
    error="must be app client ids, comma-separated: letters and digits, no blanks or quotes",
)
check_access_key_id = validate.Regexp(
    r"[!#-&(-_a-~]+\Z", error="holds blanks or quotes; copy it again"
)
check_session_token = validate.Regexp(
    r"[A-Za-z0-9+/=_.~-]+\Z", error="holds blanks or quotes; copy it again"
)
check_group = validate.Regexp(r"[^\s\"']{1,128}\Z", error="must be a group's name, without blanks")
#: Shown in lower case; "default" is the receiver without a name.
check_receiver = validate.Regexp(
    r"(?!DEFAULT\Z)[A-Z0-9_]{1,32}\Z",
    re.ASCII,
    error="must end in a receiver's name of A-Z 0-9 _, at most 32, which is not DEFAULT",
)
#: RFC 6749, section 3.3; a comma is what else people put between them, an apostrophe a quote.
check_scopes = validate.Regexp(
    r"[!#-&(-+\--\[\]-~\s]+\Z",
    re.ASCII,
    error="must be scopes, separated by spaces, without commas or quotes",
)
check_scope = validate.Regexp(
    r"[!#-\[\]-~]+\Z", error="must be one scope, without blanks or quotes"
)
check_claim = validate.Regexp(
    r"[^\s\"',]+\Z", error="must be a claim's name, without blanks or quotes"
)
check_audience = validate.Regexp(
    r"[^\s\"']+\Z", error="must be audiences, comma-separated, without blanks or quotes"
)
# AWS has twelve digits for the account; Ceph a tenant or nothing, SeaweedFS not even the colon.
check_role_arn = validate.Regexp(
    r"arn:[a-z0-9-]+:iam:[^:\s]*:([^:\s\"']*:)?role/[^\s\"']+\Z",
    error="must be arn:aws:iam::<account>:role/<name>",
)
check_lifetime = validate.Range(1, 604_800)  # the longest life of a SigV4 query signature
check_positive = validate.Range(1)
check_cdn = validate.Regexp(
    r"(https?://)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?/?\Z",
    error="must be a domain such as d111111abcdef8.cloudfront.net, without a path",
)
check_cookie_domain = validate.Regexp(
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z", error="must be a domain such as example.com"
)
check_cloudfront_id = validate.Regexp(
    r"[A-Z0-9]{8,32}\Z", error="must be an id like K2JCJMDEHXQW5F"
)
