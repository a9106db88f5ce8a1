"""What leaves the service besides answers: T37, T41, T42."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Mutant

logs = Broken("app/operations/logs.py")
telemetry = Broken("app/operations/metrics.py")
audit = Broken("app/operations/audit.py")
reports = Broken("app/operations/error_reports.py")
sigv4 = Broken("app/signing/sigv4.py")
forms = Broken("app/signing/post_policies.py")
grant = Broken("app/signing/grant.py")
credentials = Broken("app/signing/credentials.py")
cloudfront = Broken("app/signing/cloudfront.py")
settings = Broken("config.py")
webhooks = Broken("app/events/webhooks.py")
gunicorn = Broken("gunicorn.conf.py")
direct = Broken("app/events/notifier.py")
events = Broken("app/domain/events.py")
in_queue = Broken("app/events/reports.py")
heads = Broken("app/media/first_bytes.py")
store = Broken("app/s3/objects.py")
shared = Broken("app/limits/shared.py")

_NAMED = '    text = _NAMED_SECRET.sub(rf"\\1\\2{REDACTED}", text)\n'
_LOCAL = "return address.is_link_local or address.is_unspecified or address.is_multicast"

MUTANTS: tuple[Mutant, ...] = (
    logs("T37", "named secrets are logged", _NAMED, ""),
    logs(
        "T37",
        "signed URLs are logged",
        'r"x-amz-(?:signature|credential|security-token)|policy|signature|key-pair-id|',
        'r"',
    ),
    logs(
        "T37",
        "cookies are logged",
        '    text = _COOKIES.sub(rf"\\1{REDACTED}", text)\n',
        "",
    ),
    logs("T37", "only the first cookie is redacted", r"|[^\r\n]+)", r"|[^\r\n;]+)"),
    logs(
        "T37", "a bearer token on its own is logged", '_BEARER.sub(rf"\\1{REDACTED}", text)', "text"
    ),
    logs("T37", "JWTs are logged", "_JWT.sub(REDACTED, text)", "text"),
    logs("T37", "sealed ids are logged", "_SEAL.sub(REDACTED, ", "str("),
    logs("T37", "log lines are not redacted", "        _redact_event,\n    ]", "    ]"),
    telemetry(
        "T37",
        "paths are logged and labels",
        'route = asked.url_rule.rule if asked.url_rule else "unmatched"',
        "route = asked.path",
    ),
    audit(
        "T37",
        "the audit log keeps what was refused as it is",
        "return [redact(text[:_MAX_CHARS]) for text in [*texts][:_MAX_REFUSED]]",
        "return [*texts]",
    ),
    reports("T37", "crash reports are not redacted", "return redact(value)", "return value"),
    sigv4(
        "T37",
        "a signed URL shows in its repr",
        'return f"Presigned(expires_at={self.expires_at!r})"',
        "return self.url",
    ),
    grant("T37", "a grant shows its key", "slots=True, repr=False)", "slots=True)"),
    credentials(
        "T37",
        "keys show their secret",
        "secret_access_key: str = field(repr=False)",
        "secret_access_key: str",
    ),
    credentials(
        "T37",
        "keys show their session token",
        "field(default=None, repr=False)",
        "None",
    ),
    cloudfront("T37", "cookies show in their repr", 'return "FolderGrant()"', "return self.query"),
    settings("T37", "settings show their secrets", "repr=not secret,", "repr=True,"),
    webhooks(
        "T37",
        "a webhook's failure tells its address",
        'raise DeliveryFailed(f"the webhook failed: {type(error).__name__}") from None',
        'raise DeliveryFailed(f"the webhook failed: {error} {self._target}") from None',
    ),
    gunicorn("T37", "gunicorn logs every address", "accesslog = None", 'accesslog = "-"'),
    webhooks(
        "T41",
        "webhooks have one signature",
        '" ".join(signatures)',
        "next(signatures)",
    ),
    webhooks(
        "T41",
        "redirects are followed",
        "redirect=False,\n                    retries=False,",
        "redirect=True,\n                    retries=urllib3.Retry(3),",
    ),
    webhooks(
        "T41",
        "a redirect is a success",
        "taken = 200 <= status < 300",
        "taken = 200 <= status < 400",
    ),
    webhooks(
        "T41",
        "the metadata service is asked",
        _LOCAL,
        _LOCAL.replace("address.is_link_local or ", ""),
    ),
    webhooks("T41", "AWS' own IPv6 addresses are asked", "if address in _AWS_LOCAL:", "if False:"),
    webhooks(
        "T41",
        "the metadata service is asked as an IPv6 address",
        "inner = address.ipv4_mapped or address.sixtofour",
        "inner = address.sixtofour",
    ),
    webhooks(
        "T41",
        "the metadata service is asked through NAT64",
        "if inner is None and address in _NAT64:",
        "if False:",
    ),
    webhooks(
        "T41",
        "one harmless address is enough",
        "any(is_forbidden(address) for address in found)",
        "all(is_forbidden(address) for address in found)",
    ),
    webhooks(
        "T41",
        "the name is resolved again",
        "return urllib3.HTTPConnectionPool(address, self._port, **shared)",
        "return urllib3.HTTPConnectionPool(self._host, self._port, **shared)",
    ),
    direct("T41", "one attempt, and no more", "(0.0, 1.0, 5.0)", "(0.0,)"),
    in_queue(
        "T41",
        "anybody's report in the queue is told",
        "self._seals.verify(json.loads(body)[_REPORT])",
        "self._seals._serializer.loads_unsafe(json.loads(body)[_REPORT])[1]",
    ),
    heads("T42", "a megabyte is read", "FIRST_BYTES = 4096", "FIRST_BYTES = 1024 * 1024"),
    store(
        "T42", "the whole object is asked for", 'Range=f"bytes=0-{count - 1}",', 'Range="bytes=0-",'
    ),
    heads(
        "T42",
        "an archive is opened",
        "    import puremagic\n",
        "    import zipfile\n\n    import puremagic\n",
    ),
)
