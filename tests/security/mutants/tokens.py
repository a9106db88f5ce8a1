"""Whose tokens, and signed by whom: T01 to T04."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T06",
        "claims may hold half a character",
        Code(
            "read_claims",
            'orjson.loads(urlsafe_b64decode(token.split(".")[1].encode()))',
            '__import__("json").loads(urlsafe_b64decode(token.split(".")[1].encode()))',
        ),
    ),
    mutant(
        "T01",
        "any issuer will do",
        never("issuer_among", "issuer not in issuers"),
    ),
    mutant(
        "T01",
        "an issuer that begins alike will do",
        Code("issuer_among", "issuer not in issuers", "not issuer.startswith(tuple(issuers))"),
    ),
    mutant("T01", "either use will do", Code("CognitoRules._use", "self.accepted_use", '"any"')),
    mutant(
        "T01",
        "a token without a use counts as an access token",
        Code("CognitoRules._use", 'claims.get("token_use")', 'claims.get("token_use", "access")'),
    ),
    mutant(
        "T01",
        "any client will do",
        never("CognitoRules._client", "client_id not in self.client_ids"),
    ),
    mutant(
        "T01",
        "a client whose id begins alike will do",
        Code(
            "CognitoRules._client",
            "not isinstance(client_id, str) or client_id not in self.client_ids",
            "not str(client_id).startswith(tuple(self.client_ids))",
        ),
    ),
    mutant(
        "T01",
        "aud stands in for client_id",
        Code(
            "CognitoRules._client",
            'claims.get("aud" if _is_id_token(claims) else "client_id")',
            'claims.get("client_id") or claims.get("aud")',
        ),
    ),
    mutant(
        "T01",
        "an access token for another resource will do",
        always("CognitoRules._check_audience", '"aud" not in claims or _is_id_token(claims)'),
    ),
    mutant(
        "T01",
        "the setting of the use reaches no verifier",
        Code("token_rules", "accepted_use=settings.cognito_token_use", 'accepted_use="any"'),
    ),
    mutant(
        "T02",
        "other RSA algorithms will do",
        never("jws:_header", "not isinstance(algorithm, str) or algorithm not in algorithms"),
        never("signed_claims", "algorithm not in public.algorithms"),
        Code("signed_claims", "_REGISTRIES[algorithm]", "JWSRegistry(algorithms=[algorithm])"),
    ),
    mutant(
        "T02",
        "the signature is not verified",
        Code(
            "signed_claims",
            "jwt.decode(token, public.key, registry=_REGISTRIES[algorithm])",
            "None",
        ),
    ),
    mutant(
        "T02",
        "keys in the header pass",
        Code("REFUSED_HEADERS", "frozenset(__ALL)", 'frozenset({"crit", "b64"})'),
    ),
    mutant("T02", "an x5c in the header passes", Text("REFUSED_HEADERS", "x5c", "-")),
    mutant("T02", "a b64 in the header passes", Text("REFUSED_HEADERS", "b64", "-")),
    mutant(
        "T02",
        "moto's published key will do",
        Code("PUBLISHED_KIDS", 'frozenset({"dummy"})', "frozenset[str]()"),
    ),
    mutant(
        "T02",
        "a token that names no key is taken for one of the first",
        Code("jws:_header", 'header.get("kid")', 'header.get("kid", "first")'),
    ),
    mutant(
        "T02",
        "a JWK of another algorithm is taken",
        always("_family_of", '"alg" not in entry or entry["alg"] in [*family.algorithms]'),
    ),
    mutant(
        "T02",
        "a JWK for encryption is taken",
        never("_family_of", 'entry.get("use", "sig") != "sig"'),
    ),
    mutant("T02", "short keys are taken", Code("MIN_MODULUS_BITS", "2048", "512")),
    mutant(
        "T03",
        "no cooldown between fetches",
        Code("JwksCache._fetch_if_due", "now + self._cooldown_seconds", "now"),
    ),
    mutant(
        "T03",
        "a failed fetch ends the cooldown",
        Code(
            "JwksCache._take",
            "_FAILED.inc()",
            """
                _FAILED.inc()
                self._next_fetch_at = self._clock()
            """,
        ),
    ),
    mutant(
        "T03",
        "known keys wait for a fetch",
        Code("JwksCache.key_for", "self._fetch_if_due()", "self._await_fetch()"),
    ),
    mutant(
        "T03",
        "a fetch may take half a minute",
        Code("JwksCache.__init__", "timeout_seconds = 3.0", "timeout_seconds = 30.0"),
    ),
    mutant(
        "T03",
        "a dripping host is waited for",
        Code("fetch_body", "deadline(timeout_seconds)", "deadline(600)"),
    ),
    mutant("T03", "tokens may be endless", Code("MAX_TOKEN_CHARS", "8192", "81920")),
    mutant(
        "T03",
        "keys are looked for though the token is over",
        Code(
            "TokenVerifier._verify_afresh",
            'check_not_over(said.get("exp"), self._clock(), self._rules.leeway_seconds)',
            "None",
        ),
    ),
    mutant("T03", "key ids may be long", Text("KID", "[!-~]{1,128}", "[!-~]{1,}")),
    mutant(
        "T04",
        "redirects are followed",
        Code("fetch_body", "redirect=False", "redirect=True"),
        Code("fetch_body", "http.request(...)", "http.request(..., retries=3)"),
    ),
    mutant(
        "T59",
        "a fetch turns away who asked after it",
        always("UnknownKids.was_asked_before", "self._begun_before.get(kid, fetch) < fetch"),
    ),
    mutant(
        "T59",
        "a fetch under way judges who came later",
        Code("JwksCache.key_for", "self._flights", "self._flights - 1"),
    ),
    mutant(
        "T59",
        "a failed fetch turns away",
        Code("JwksCache._land", "flight.number if keys is not None else 0", "flight.number"),
    ),
    mutant(
        "T59",
        "nobody is turned away",
        never("JwksCache.key_for", "self._unknown.was_asked_before(kid, self._judged_by)"),
    ),
    mutant(
        "T59",
        "unknown key ids are all remembered",
        never("UnknownKids.note", "len(self._begun_before) > MAX_UNKNOWN_KIDS"),
    ),
    mutant(
        "T60",
        "a tilde stays in the folder of a sub",
        Text("_ODD", "._:-", "._:~-"),
    ),
    mutant(
        "T60",
        "dots are a folder",
        Code("folder_of", 're.compile(rb".") if raw in (b".", b"..") else _ODD', "_ODD"),
        always("is_sub", 'text not in (".", "..")'),
    ),
    mutant(
        "T60",
        "Cognito's subs may be folders of others",
        never("cognito:_sub", '"~" in sub'),
    ),
    mutant("T60", "two providers share a gateway", without("_provider", "yield name, __FAULT")),
    mutant(
        "T60",
        "a discovery document may be of another issuer",
        never("Discovery.jwks_url", 'document.get("issuer") not in issuers(self._issuer)'),
    ),
    mutant(
        "T60",
        "keys may be at any kind of address",
        never("Discovery.jwks_url", 'urlsplit(found).scheme not in (scheme, "https")'),
    ),
    mutant(
        "T01",
        "any audience will do",
        never("OpenIdRules._check_audience", "audiences(claims).isdisjoint(self.audience)"),
    ),
    mutant(
        "T02",
        "any kind of token will do",
        never("jws:_header", 'str(header.get("typ", "JWT")).lower() not in TYPES'),
    ),
)
