"""What tokens say, how long that holds, where they stand: T05 to T08."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Text, always, mutant, never

MUTANTS: tuple[Mutant, ...] = (
    # Both looks at the end of a token ask this: the early one, and the one that counts.
    mutant(
        "T05",
        "past tokens pass",
        never("check_not_over", "is_instant(expires) and expires <= now - leeway_seconds"),
    ),
    mutant(
        "T05",
        "an expiry may be any number",
        Code(
            "expiry",
            "not is_instant(expires)",
            "not float(expires)",
        ),
    ),
    mutant(
        "T05",
        "a token without an expiry lives for a minute",
        Code("expiry", 'claims.get("exp", "")', 'claims.get("exp", int(now) + 60)'),
    ),
    mutant(
        "T05",
        "claims that cannot be read are a crash",
        Code("read_claims", "except ValueError as error: ...", "except KeyError: ..."),
    ),
    mutant(
        "T05",
        "claims that are no object are a crash",
        never("read_claims", "not isinstance(claims, dict)"),
    ),
    mutant(
        "T05",
        "tokens of the future pass",
        never("check_beginning", "instant > now + leeway_seconds"),
    ),
    mutant(
        "T05",
        "beginnings may be anything",
        never("check_beginning", "not is_instant(instant)"),
    ),
    mutant("T05", "nbf is not looked at", Code("check_beginning", '("iat", "nbf")', '("iat",)')),
    mutant("T05", "iat is not looked at", Code("check_beginning", '("iat", "nbf")', '("nbf",)')),
    mutant("T05", "ten minutes of leeway", Code("MAX_LEEWAY_SECONDS", "60", "600")),
    mutant("T06", "a sub may hold a slash", Text("SUB", "._:-", "._:/-")),
    mutant("T06", "a sub may be long", always("is_sub", "len(text) <= MAX_SUB_CHARS")),
    mutant("T06", "a sub may be dots", always("is_sub", 'text not in (".", "..")')),
    mutant(
        "T06", "a sub may end in anything", Code("is_sub", "SUB.fullmatch(__X)", "SUB.match(__X)")
    ),
    mutant(
        "T06",
        "the sub is not judged",
        never("cognito:_sub", "not is_sub(sub)"),
        never("Principal.__post_init__", "not is_sub(self.sub)"),
    ),
    mutant(
        "T07",
        "a remembered verdict does not end",
        Code(
            "TokenVerifier.verify_token",
            "verdict.until > self._clock() and __UNCHANGED",
            "__UNCHANGED",
        ),
    ),
    mutant(
        "T07",
        "a remembered verdict outlives its keys",
        always("TokenVerifier.verify_token", "verdict.version == self._keys.version"),
    ),
    mutant(
        "T07",
        "a remembered verdict outlives its token",
        Code(
            "TokenVerifier._verify_afresh",
            "min(expires, now + REMEMBER_SECONDS)",
            "now + REMEMBER_SECONDS",
        ),
    ),
    mutant(
        "T07",
        "a withdrawn key is not noticed by remembered tokens",
        Code("TokenVerifier._verify_afresh", "min(expires, now + REMEMBER_SECONDS)", "expires"),
    ),
    mutant(
        "T07",
        "the memory grows",
        never("TokenVerifier._remember", "len(self._memory) > self._memory_size"),
    ),
    mutant(
        "T08", "tokens in the query string pass", never("check_token_place", "request.query_string")
    ),
    mutant(
        "T08", "the parameter's case matters", Code("check_token_place", "__NAME.lower()", "__NAME")
    ),
    mutant(
        "T08", "an id_token in the query string passes", Text("TOKEN_PARAMETERS", "id_token", "-")
    ),
    mutant(
        "T08",
        "the first of two headers counts",
        Code(
            "check_token_place",
            'raise InvalidToken("Send one Authorization header")',
            """
            sent = request.environ["HTTP_AUTHORIZATION"]
            request.environ["HTTP_AUTHORIZATION"] = sent.split(",")[0]
            """,
        ),
    ),
    mutant(
        "T61",
        "a back end acts for itself",
        never("act_as", "actor.is_service and wanted_sub == actor.sub"),
    ),
    mutant(
        "T61",
        "a user with the scope is a back end",
        always("CognitoRules.check", "sub == client_id"),
    ),
    mutant(
        "T61",
        "a client without the scope is a back end",
        always("CognitoRules.check", "self.service_scope in scopes"),
    ),
    mutant(
        "T61",
        "a user of another provider with the scope is a back end",
        always("OpenIdRules.check", "_is_of_a_client(claims, client_id)"),
    ),
    mutant(
        "T61",
        "a back end need name nobody",
        Code(
            "authenticate_requests.authenticate",
            "wanted_sub is not None or g.principal.is_service",
            "wanted_sub is not None",
        ),
    ),
    mutant(
        "T61",
        "back ends keep to no quota of their own",
        never("Allowance.deciding_groups", "principal.is_service"),
    ),
)
