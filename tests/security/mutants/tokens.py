"""Whose tokens, and signed by whom: T01 to T04."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

claims = Broken("app/auth/claims.py")
cognito = Broken("app/auth/cognito.py")
jwks = Broken("app/auth/jwks.py")
keyset = Broken("app/auth/keyset.py")
services = Broken("app/services.py")

_ISSUER = 'if claims.get("iss") != self.issuer:'
_CLIENT = "if not isinstance(client_id, str) or client_id not in self.client_ids:"
_HEADERS = 'frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64"})'

MUTANTS: tuple[Mutant, ...] = (
    claims("T01", "any issuer will do", _ISSUER, 'if not claims.get("iss"):'),
    claims(
        "T01",
        "an issuer that begins alike will do",
        _ISSUER,
        'if not str(claims.get("iss")).startswith(self.issuer):',
    ),
    claims("T01", "either use will do", "not in USES[self.accepted_use]:", 'not in USES["any"]:'),
    claims(
        "T01",
        "a token without a use counts as an access token",
        'use = claims.get("token_use")',
        'use = claims.get("token_use", "access")',
    ),
    claims("T01", "any client will do", _CLIENT, "if not isinstance(client_id, str):"),
    claims(
        "T01",
        "a client whose id begins alike will do",
        _CLIENT,
        "if not str(client_id).startswith(tuple(self.client_ids)):",
    ),
    claims(
        "T01",
        "aud stands in for client_id",
        'audience if is_id_token else claims.get("client_id")',
        'claims.get("client_id") or audience',
    ),
    claims(
        "T01",
        "an access token for another resource will do",
        'if "aud" in claims and audience != client_id:',
        "if False:",
    ),
    services(
        "T01",
        "the setting of the use reaches no verifier",
        "token_use=settings.cognito_token_use,",
        'token_use="any",',
    ),
    cognito(
        "T02",
        "other RSA algorithms will do",
        'or header.get("alg") != "RS256":',
        "or False:",
        Edit(
            "app/auth/cognito.py",
            'algorithms=["RS256"]',
            'algorithms=["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]',
        ),
    ),
    cognito(
        "T02",
        "the signature is not verified",
        "claims = jwt.decode(token, signing_key.key, registry=RS256_ONLY).claims",
        'claims = orjson.loads(urlsafe_b64decode(token.split(".")[1].encode()))',
    ),
    cognito("T02", "keys in the header pass", _HEADERS, 'frozenset({"crit", "b64"})'),
    cognito("T02", "an x5c in the header passes", _HEADERS, _HEADERS.replace('"x5c", ', "")),
    cognito("T02", "a b64 in the header passes", _HEADERS, _HEADERS.replace(', "b64"', "")),
    cognito("T02", "moto's published key will do", 'frozenset({"dummy"})', "frozenset[str]()"),
    cognito(
        "T02",
        "a token that names no key is taken for one of the first",
        'kid = header.get("kid")',
        'kid = header.get("kid", "first")',
    ),
    keyset(
        "T02",
        "a JWK of another algorithm is taken",
        'and entry.get("alg", "RS256") == "RS256"',
        "and True",
    ),
    keyset(
        "T02", "a JWK for encryption is taken", 'and entry.get("use", "sig") == "sig"', "and True"
    ),
    keyset("T02", "short keys are taken", "MIN_MODULUS_BITS = 2048", "MIN_MODULUS_BITS = 512"),
    jwks(
        "T03",
        "no cooldown between fetches",
        "self._next_fetch_at = now + self._cooldown_seconds",
        "self._next_fetch_at = now",
    ),
    jwks(
        "T03",
        "a failed fetch ends the cooldown",
        "self.fetches_failed += 1\n",
        "self.fetches_failed += 1\n            self._next_fetch_at = self._clock()\n",
    ),
    jwks(
        "T03",
        "known keys wait for a fetch",
        "if self._clock() >= self._old_at:\n                self._fetch_if_due()",
        "if self._clock() >= self._old_at:\n                self._await_fetch()",
    ),
    jwks(
        "T03",
        "a fetch may take half a minute",
        "timeout_seconds: float = 3.0",
        "timeout_seconds: float = 30.0",
    ),
    keyset("T03", "a dripping host is waited for", "if time.monotonic() > deadline:", "if False:"),
    cognito("T03", "tokens may be endless", "MAX_TOKEN_CHARS = 8192", "MAX_TOKEN_CHARS = 81920"),
    cognito(
        "T03",
        "keys are looked for though the token is over",
        "if self._rules.is_over(_unverified_exp(token), self._clock()):",
        "if False:",
    ),
    cognito("T03", "key ids may be long", 'r"[!-~]{1,128}"', 'r"[!-~]{1,}"'),
    keyset(
        "T04",
        "redirects are followed",
        "retries=False,\n        redirect=False,",
        "retries=3,\n        redirect=True,",
    ),
)
