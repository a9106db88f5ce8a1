"""What leaves the service besides answers: T37, T41, T42."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T37",
        "named secrets are logged",
        Code("redact", "_NAMED_SECRET.sub(__BY, __TEXT)", "__TEXT"),
    ),
    mutant(
        "T37",
        "signed URLs are logged",
        Text(
            "logs:_NAMES",
            "x-amz-(?:signature|credential|security-token)|policy|signature|key-pair-id|",
            "",
        ),
    ),
    mutant("T37", "cookies are logged", Code("redact", "_COOKIES.sub(__BY, __TEXT)", "__TEXT")),
    mutant(
        "T37", "only the first cookie is redacted", Text("_COOKIES", r"|[^\r\n]+)", r"|[^\r\n;]+)")
    ),
    mutant(
        "T37",
        "a bearer token on its own is logged",
        Code("redact", "_BEARER.sub(__BY, __TEXT)", "__TEXT"),
    ),
    mutant("T37", "JWTs are logged", Code("redact", "_JWT.sub(__BY, __TEXT)", "__TEXT")),
    mutant(
        "T37", "signed ids are logged", Code("redact", "_SIGNED_TOKEN.sub(__BY, __TEXT)", "__TEXT")
    ),
    mutant(
        "T37",
        "log lines are not redacted",
        Code("configure_logging", "[..., _redact_event]", "[...]"),
    ),
    mutant(
        "T37",
        "paths are logged and labels",
        Code("observe.end", 'asked.url_rule.rule if asked.url_rule else "unmatched"', "asked.path"),
    ),
    mutant(
        "T37",
        "the audit log keeps what was refused as it is",
        Code("audit:_shown", "redact(cut) if unchecked else cut", "text"),
    ),
    mutant("T37", "crash reports are not redacted", Code("_redacted", "redact(value)", "value")),
    mutant(
        "T37",
        "spans are named by the path",
        Code(
            "trace_requests.name",
            'asked.url_rule.rule if asked.url_rule else "unmatched"',
            "asked.path",
        ),
    ),
    mutant(
        "T37",
        "spans record what exceptions say",
        Code("Tracing._span", "record_exception=False", "record_exception=True"),
    ),
    mutant(
        "T37",
        "a signed URL shows in its repr",
        Code("Presigned.__repr__", 'f"Presigned(expires_at={self.expires_at!r})"', "self.url"),
    ),
    mutant("T37", "a grant shows its key", without("Grant", "repr=False")),
    mutant(
        "T37",
        "keys show their secret",
        Code("Credentials", "secret_access_key: str = field(repr=False)", "secret_access_key: str"),
    ),
    mutant(
        "T37",
        "keys show their session token",
        Code("Credentials.session_token", "field(default=None, repr=False)", "None"),
    ),
    mutant(
        "T37",
        "cookies show in their repr",
        Code("FolderGrant.__repr__", '"FolderGrant()"', "self.query"),
    ),
    mutant("T37", "settings show their secrets", Code("setting", "repr=not secret", "repr=True")),
    mutant(
        "T37",
        "a webhook's failure tells its address",
        Code(
            "WebhookSender._post",
            'f"the webhook failed: {type(error).__name__}"',
            'f"the webhook failed: {error} {self._target}"',
        ),
    ),
    mutant("T37", "gunicorn logs every address", Code("accesslog", "None", '"-"')),
    mutant(
        "T41",
        "webhooks have one signature",
        Code("WebhookSender._headers", '" ".join(__ALL)', "next(__ALL)"),
    ),
    mutant(
        "T41",
        "redirects are followed",
        Code("WebhookSender._post", "redirect=False", "redirect=True"),
        Code(
            "WebhookSender._post",
            "pool.urlopen(...)",
            "pool.urlopen(..., retries=urllib3.Retry(3))",
        ),
    ),
    mutant(
        "T41",
        "a redirect is a success",
        Code("WebhookSender.send", "200 <= __STATUS < 300", "200 <= __STATUS < 400"),
    ),
    mutant("T41", "the metadata service is asked", never("is_forbidden", "address.is_link_local")),
    mutant(
        "T41", "AWS' own IPv6 addresses are asked", never("is_forbidden", "address in _AWS_LOCAL")
    ),
    mutant(
        "T41",
        "the metadata service is asked as an IPv6 address",
        never("is_forbidden", "address.ipv4_mapped"),
    ),
    mutant(
        "T41",
        "the metadata service is asked through NAT64",
        never(
            "is_forbidden",
            "inner is None and int(address) > 1 and any(address in each for each in _EMBEDDING)",
        ),
    ),
    mutant(
        "T41",
        "the metadata service is asked through Teredo",
        never("is_forbidden", "inner is None and address.teredo"),
    ),
    mutant(
        "T41",
        "other clouds' metadata services are asked",
        never("is_forbidden", "address in _CLOUDS_LOCAL"),
    ),
    mutant(
        "T41",
        "one harmless address is enough",
        Code("WebhookSender._harmless_addresses", "any(__EACH)", "all(__EACH)"),
    ),
    mutant(
        "T41",
        "the name is resolved again",
        Code(
            "WebhookSender._pool",
            "http_clients.pinned_pool(address, ...)",
            "http_clients.pinned_pool(self._host, ...)",
        ),
    ),
    mutant("T41", "one attempt, and no more", Code("PAUSES_SECONDS", "(0.0, 1.0, 5.0)", "(0.0,)")),
    mutant(
        "T41",
        "anybody's report in the queue is told",
        Code(
            "Reports.read",
            "self._tokens.verify(json.loads(body)[_REPORT])",
            "self._seals._serializer.loads_unsafe(json.loads(body)[_REPORT])[1]",
        ),
    ),
    mutant(
        "T41",
        "all receivers share one secret",
        Code("webhook_receivers", "secrets[each].split()", "settings.webhook_secret.split()"),
    ),
    mutant("T42", "a megabyte is read", Code("FIRST_BYTES", "4096", "1024 * 1024")),
    mutant(
        "T42",
        "the whole object is asked for",
        Code("Objects._first", 'f"bytes=0-{count - 1}"', '"bytes=0-"'),
    ),
    mutant(
        "T42",
        "an archive is opened",
        Code(
            "_stranger",
            "import puremagic",
            """
                import zipfile
                import puremagic
            """,
        ),
    ),
)
