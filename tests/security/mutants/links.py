"""What can be opened, run and how long: T19, T29 to T33."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T19", "an active type is served as asked", never("_disposition", "is_active(content_type)")
    ),
    mutant(
        "T19",
        "what is unknown counts as harmless",
        Code(
            "is_active",
            "content_type not in _INERT",
            "content_type in ('image/svg+xml', 'application/dash+xml')",
        ),
    ),
    mutant("T19", "XML counts as harmless", never("names:_INERT", "each.active")),
    mutant(
        "T19",
        "an upload of an active type is stored as inline",
        never("uploads:stored_headers", "is_active(upload.content_type)"),
    ),
    mutant(
        "T19",
        "a copy of an active type is stored as inline",
        never("copies:stored_headers", "is_active(content_type)"),
    ),
    mutant(
        "T29",
        "any lifetime is signed",
        never("Presigner._grant", "not 1 <= expires_seconds <= MAX_SIGNATURE_SECONDS"),
    ),
    mutant(
        "T29",
        "the API asks for any lifetime",
        without("lifetime", "validate=validate.Range(1, maximum_seconds)"),
    ),
    mutant(
        "T29",
        "a lifetime may be a float or a boolean",
        Code(
            "WholeNumber._deserialize",
            "type(value) is not int",
            "not isinstance(value, (int, float))",
        ),
    ),
    mutant(
        "T29",
        "a setting may have links live longer than S3 takes",
        Code("check_lifetime", "validate.Range(1, 604_800)", "validate.Range(1)"),
    ),
    mutant(
        "T30",
        "a link outlives its credentials",
        without(
            "Presigner._grant",
            "lifetime = min(lifetime, int((credentials.expires_at - at).total_seconds()))",
        ),
    ),
    mutant(
        "T30",
        "credentials about to die sign",
        always("Presigner._usable_credentials", "dies is None or dies - now >= self._minimum_life"),
    ),
    mutant(
        "T30",
        "earlier credentials go on signing",
        Code("Presigner._grant", "last.made_of != made_of", "last.made_of[1:] != made_of[1:]"),
    ),
    mutant(
        "T30",
        "expires_at is not the truth",
        Code("Grant.of", "seconds=lifetime", "seconds=lifetime + 60"),
    ),
    mutant(
        "T30",
        "keys get another pair's expiry",
        always("_freeze", "credentials.get_frozen_credentials() == keys"),
    ),
    mutant("T30", "dead keys are a crash", Code("_Chain.__call__", "Exception", "ValueError")),
    mutant(
        "T30",
        "browsers get credentials about to die",
        always("ScopedCredentials.of", "known.expires_at - self._clock() > _RENEW_BEFORE"),
    ),
    mutant(
        "T31",
        "the method is not signed",
        Code(
            "Presigner.presign_many",
            r'f"{method}\n{path}\n{before}{form.sorted_auth}{after}\n{form.ending}"',
            r'f"GET\n{path}\n{before}{form.sorted_auth}{after}\n{form.ending}"',
        ),
        Code(
            "Presigner.presign_many",
            r'f"{method}\n{path}\n{before}{form.sorted_auth}"',
            r'f"GET\n{path}\n{before}{form.sorted_auth}"',
        ),
    ),
    mutant(
        "T31",
        "the method is not signed from the second URL on",
        Code(
            "Presigner.presign_many",
            r'f"{method}\n{path}\n{before}{form.sorted_auth}"',
            r'f"GET\n{path}\n{before}{form.sorted_auth}"',
        ),
    ),
    mutant(
        "T32",
        "a name is not made safe",
        Code("content_disposition", "safe_filename(filename)", "filename"),
    ),
    mutant(
        "T32",
        "the fallback may hold anything",
        Code("content_disposition", '_FALLBACK_UNSAFE.sub("_", ascii_name)', "ascii_name"),
    ),
    mutant(
        "T32",
        "a name that begins plainly is taken as it is",
        Code("content_disposition", "_PLAIN.fullmatch(__NAME)", "_PLAIN.match(__NAME)"),
    ),
    mutant(
        "T32",
        "the name itself is not encoded",
        Code("content_disposition", "quote(name, safe=_ATTR_CHAR)", "name"),
    ),
    mutant("T32", "a name may be long", Code("MAX_NAME_BYTES", "200", "4000")),
    mutant(
        "T33",
        "the stored type is served",
        without("_answer_query", '"response-content-type": content_type'),
    ),
    mutant(
        "T33",
        "an unknown extension is served as HTML",
        Text("OCTETS", "application/octet-stream", "text/html"),
    ),
)
