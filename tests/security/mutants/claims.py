"""What tokens say, how long that holds, where they stand: T05 to T08."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

claims = Broken("app/auth/claims.py")
cognito = Broken("app/auth/cognito.py")
bearer = Broken("app/auth/bearer.py")
principal = Broken("app/domain/principal.py")
_EXP = "if type(expires) is not int or self.is_over(expires, now):"
_OVER = "return type(expires) is int and expires <= now - self.leeway_seconds"
_START = "if type(instant) is not int or instant > now + self.leeway_seconds:"
_REMEMBERED = "if verdict.until > self._clock() and verdict.version == self._jwks.version:"
_SUB = 'SUB.fullmatch(text) is not None and text not in (".", "..")'

MUTANTS: tuple[Mutant, ...] = (
    # Both looks at the end of a token ask this: the early one, and the one that counts.
    claims("T05", "past tokens pass", _OVER, "return False"),
    claims(
        "T05",
        "an expiry may be any number",
        _EXP,
        "if expires is None or float(expires) <= now - self.leeway_seconds:",
    ),
    claims(
        "T05",
        "a token without an expiry lives for a minute",
        'expires = claims.get("exp")',
        'expires = claims.get("exp", int(now) + 60)',
    ),
    cognito(
        "T05",
        "claims that cannot be read are a crash",
        "except ValueError:\n        return None",
        "except KeyError:\n        return None",
    ),
    cognito(
        "T05",
        "claims that are no object are a crash",
        'return claims.get("exp") if isinstance(claims, dict) else None',
        'return claims.get("exp")',
    ),
    claims("T05", "tokens of the future pass", _START, "if type(instant) is not int:"),
    claims(
        "T05",
        "beginnings may be anything",
        _START,
        "if type(instant) is int and instant > now + self.leeway_seconds:",
    ),
    claims("T05", "nbf is not looked at", 'in ("iat", "nbf"):', 'in ("iat",):'),
    claims("T05", "iat is not looked at", 'in ("iat", "nbf"):', 'in ("nbf",):'),
    claims("T05", "ten minutes of leeway", "MAX_LEEWAY_SECONDS = 60", "MAX_LEEWAY_SECONDS = 600"),
    principal("T06", "a sub may hold a slash", "[A-Za-z0-9._:-]", "[A-Za-z0-9._:/-]"),
    principal("T06", "a sub may be long", "{1,128}", "{1,}"),
    principal("T06", "a sub may be dots", _SUB, "SUB.fullmatch(text) is not None"),
    principal("T06", "a sub may end in anything", "SUB.fullmatch(text)", "SUB.match(text)"),
    claims(
        "T06",
        "the sub is not judged",
        "if not isinstance(sub, str) or not is_sub(sub):",
        "if False:",
        Edit("app/domain/principal.py", "if not is_sub(self.sub):", "if False:"),
    ),
    cognito(
        "T07",
        "a remembered verdict does not end",
        _REMEMBERED,
        "if verdict.version == self._jwks.version:",
    ),
    cognito(
        "T07",
        "a remembered verdict outlives its keys",
        _REMEMBERED,
        "if verdict.until > self._clock():",
    ),
    cognito(
        "T07",
        "a remembered verdict outlives its token",
        "min(expires, now + REMEMBER_SECONDS)",
        "now + REMEMBER_SECONDS",
    ),
    cognito(
        "T07",
        "a withdrawn key is not noticed by remembered tokens",
        "min(expires, now + REMEMBER_SECONDS)",
        "expires",
    ),
    cognito(
        "T07",
        "the memory grows",
        "if len(self._memory) > self._memory_size:",
        "if False:",
    ),
    bearer("T08", "tokens in the query string pass", "if request.query_string and", "if False and"),
    bearer("T08", "the parameter's case matters", "any(name.lower() in", "any(name in"),
    bearer(
        "T08",
        "an id_token in the query string passes",
        '"access_token", "id_token", "token"',
        '"access_token", "token"',
    ),
    bearer(
        "T08",
        "the first of two headers counts",
        'raise InvalidToken("Send one Authorization header")',
        'request.environ["HTTP_AUTHORIZATION"] = '
        'request.environ["HTTP_AUTHORIZATION"].split(",")[0]',
    ),
)
