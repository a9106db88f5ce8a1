"""What can be opened, run and how long: T19, T29 to T33."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

links = Broken("app/signing/links.py")
types = Broken("app/media/types.py")
signer = Broken("app/signing/uploads.py")
copies = Broken("app/domain/copies.py")
sigv4 = Broken("app/signing/sigv4.py")
credentials = Broken("app/signing/credentials.py")
sts = Broken("app/aws/scoped_credentials.py")
grant = Broken("app/signing/grant.py")
fields = Broken("app/schemas/fields.py")
settings = Broken("config.py")
dispositions = Broken("app/domain/dispositions.py")
filenames = Broken("app/domain/filenames.py")
# What is hashed of a URL on its own, and of those that begin as the one before did.
_ALONE = r'f"{method}\n{path}\n{before}{form.sorted_auth}{after}'
_ALIKE = r'f"{method}\n{path}\n{before}{form.sorted_auth}".encode()'
_CUT = "lifetime = min(lifetime, int((credentials.expires_at - at).total_seconds()))"

MUTANTS: tuple[Mutant, ...] = (
    links(
        "T19",
        "an active type is served as asked",
        'content_disposition("attachment" if is_active(content_type) else disposition, filename)',
        "content_disposition(disposition, filename)",
    ),
    types(
        "T19",
        "what is unknown counts as harmless",
        "return content_type not in _INERT",
        "return content_type in _ACTIVE",
    ),
    types(
        "T19",
        "XML counts as harmless",
        'frozenset({"image/svg+xml", "application/dash+xml"})',
        'frozenset({"image/svg+xml"})',
    ),
    signer(
        "T19",
        "an upload of an active type is stored as inline",
        "if is_active(upload.content_type):",
        "if False:",
    ),
    copies(
        "T19",
        "a copy of an active type is stored as inline",
        'if is_active(content_type):\n        headers["content-disposition"]',
        'if False:\n        headers["content-disposition"]',
    ),
    sigv4(
        "T29",
        "any lifetime is signed",
        "if not 1 <= expires_seconds <= MAX_EXPIRES_SECONDS:",
        "if False:",
    ),
    fields(
        "T29",
        "the API asks for any lifetime",
        "validate=validate.Range(1, maximum_seconds),",
        "",
    ),
    fields(
        "T29",
        "a lifetime may be a float or a boolean",
        "if type(value) is not int:",
        "if not isinstance(value, (int, float)):",
    ),
    settings(
        "T29",
        "a setting may have links live longer than S3 takes",
        "_life = validate.Range(1, SEVEN_DAYS)",
        "_life = validate.Range(1)",
    ),
    sigv4("T30", "a link outlives its credentials", _CUT, "pass"),
    sigv4(
        "T30",
        "credentials about to die sign",
        "if dies is None or dies - now >= self._minimum_life:",
        "if True:",
    ),
    sigv4(
        "T30",
        "earlier credentials go on signing",
        "if last is None or last.made_of != made_of:",
        "if last is None or last.made_of[1:] != made_of[1:]:",
    ),
    grant(
        "T30",
        "expires_at is not the truth",
        "expires_at=at + timedelta(seconds=lifetime),",
        "expires_at=at + timedelta(seconds=lifetime + 60),",
    ),
    credentials(
        "T30",
        "keys get another pair's expiry",
        "if credentials.get_frozen_credentials() == keys:",
        "if True:",
    ),
    credentials(
        "T30",
        "dead keys are a crash",
        "except (BotoCoreError, ClientError, RuntimeError) as error:",
        "except (BotoCoreError, ClientError) as error:",
    ),
    sts(
        "T30",
        "browsers get credentials about to die",
        "known.expires_at - self._clock() > _RENEW_BEFORE:",
        "known.expires_at:",
    ),
    sigv4(
        "T31",
        "the method is not signed",
        _ALONE,
        _ALONE.replace("{method}", "GET"),
        Edit("app/signing/sigv4.py", _ALIKE, _ALIKE.replace("{method}", "GET")),
    ),
    sigv4(
        "T31",
        "the method is not signed from the second URL on",
        _ALIKE,
        _ALIKE.replace("{method}", "GET"),
    ),
    dispositions(
        "T32",
        "a name is not made safe",
        "name = safe_filename(filename)",
        "name = filename",
    ),
    dispositions(
        "T32",
        "the fallback may hold anything",
        '_FALLBACK_UNSAFE.sub("_", ascii_name).strip() or "file"',
        'ascii_name.strip() or "file"',
    ),
    dispositions(
        "T32",
        "a name that begins plainly is taken as it is",
        "_PLAIN.fullmatch(filename)",
        "_PLAIN.match(filename)",
    ),
    dispositions("T32", "the name itself is not encoded", "quote(name, safe=_ATTR_CHAR)", "name"),
    filenames("T32", "a name may be long", "MAX_NAME_BYTES = 200", "MAX_NAME_BYTES = 4000"),
    links(
        "T33",
        "the stored type is served",
        '        "response-content-type": content_type,\n',
        "",
    ),
    types(
        "T33",
        "an unknown extension is served as HTML",
        '_UNKNOWN = "application/octet-stream"',
        '_UNKNOWN = "text/html"',
    ),
)
