"""The lines that are said of a token, and what mends each fault."""

from __future__ import annotations

from app.cli.doctor.results import Check

FRONT_END = "The front end must send the access token of this pool and client, and nothing else."


def claim_check(name: str, title: str, fix: str) -> Check:
    return Check(
        f"token.{name}", title, "The gateway answers 401 to every request with this token.", fix
    )


FORM = claim_check(
    "form",
    "It is a JWT",
    f"{FRONT_END} Three parts with dots between; no quotes, no 'Bearer '.",
)
LENGTH = claim_check(
    "length",
    "It is short enough",
    "Take the user out of some groups, or keep large claims out of the token: a token goes with "
    "every request.",
)
ALGORITHM = claim_check("alg", "It is signed with an accepted algorithm", FRONT_END)
HEADER = claim_check("header", "Its header has nothing that is refused", FRONT_END)
KEY = claim_check(
    "kid",
    "Its key is the provider's",
    "The token is another issuer's: compare `iss` below with COGNITO_USER_POOL_ID and AWS_REGION, "
    "or OIDC_ISSUER.",
)
SIGNATURE = claim_check(
    "signature", "Its signature is good", "It was changed or cut: sign in again."
)
#: By the names of ``Rules.parts``; what is not here has a line of its own all the same.
PARTS = {
    "exp": claim_check(
        "exp",
        "It has not expired (exp)",
        "The front end must renew it with the refresh token before its end; check this machine's "
        "clock too (`date -u`).",
    ),
    "iat": claim_check(
        "iat",
        "It is not from the future (iat, nbf)",
        "This machine's clock is behind: `sudo timedatectl set-ntp true`.",
    ),
    "iss": claim_check(
        "iss",
        "Its issuer is ours (iss)",
        "Set COGNITO_USER_POOL_ID and AWS_REGION, here or in the front end: both must name one "
        "pool. For a pool that is replicated name its regions in COGNITO_REPLICA_REGIONS; for an "
        "issuer that is not AWS's set COGNITO_ISSUER, for another provider OIDC_ISSUER.",
    ),
    "token_use": claim_check(
        "token_use",
        "It is of the right kind (token_use)",
        "Have the front end send the other token, or set COGNITO_TOKEN_USE (access, id, any).",
    ),
    "client": claim_check(
        "client",
        "Its client is ours (client_id, aud)",
        "Add the front end's client to COGNITO_CLIENT_ID (comma-separated), or correct the front "
        "end.",
    ),
    "aud": claim_check(
        "aud",
        "It is meant for us (aud)",
        "Set COGNITO_AUDIENCE (OIDC_AUDIENCE for another provider) to the identifier that the "
        "front end asks for as its resource or audience.",
    ),
    "sub": claim_check("sub", "Its user can be named (sub)", FRONT_END),
    "groups": claim_check(
        "groups",
        "Its groups are a list of names",
        "Have the trigger or rule that writes them write a list; OIDC_GROUPS_CLAIM says which "
        "claim they are in.",
    ),
    "username": claim_check(
        "username",
        "Its user name is text",
        "Have the trigger or rule that writes it write text.",
    ),
    "scope": claim_check(
        "scope",
        "It has the scopes that are required",
        "Allow the scopes to the app client (Cognito > App clients > Login pages), ask for them "
        "at sign-in, or change COGNITO_REQUIRED_SCOPES. They are text, with blanks between them.",
    ),
}
VERDICT = claim_check("verdict", "The gateway accepts it", "Mend the lines above.")
