"""The pool's clients: what front ends sign in by, and back ends get their tokens with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.cli.doctor.deployment import Deployment
from app.cli.doctor.responses import AwsError, not_permitted
from app.cli.doctor.results import Check, Result

CONSOLE = "Console: Cognito > User pools > your pool"
_LONGEST_ACCESS_HOURS = 24

CLIENT = Check(
    "identity.client",
    "The app client exists",
    "Tokens of any other client are refused.",
    f"{CONSOLE} > App clients: set COGNITO_CLIENT_ID to the id that the front end uses.",
)
CLIENT_SECRET = Check(
    "identity.client_secret",
    "The app client has no secret",
    "A browser cannot keep a secret, so sign-in fails with SECRET_HASH errors.",
    f"{CONSOLE} > App clients > Create: public client; set COGNITO_CLIENT_ID to it. A secret "
    "cannot be removed from a client.",
)
LIFETIME = Check(
    "identity.lifetime",
    "Access tokens are short-lived",
    "Tokens are verified locally, so they work until they expire, even after sign-out.",
    f"{CONSOLE} > App clients > Edit: access token 60 minutes, token revocation on.",
)
SIGN_IN = Check(
    "identity.sign_in",
    "The app client allows SRP sign-in",
    "Amplify signs in with SRP: users see 'USER_SRP_AUTH is not enabled for the client'.",
    f"{CONSOLE} > App clients > Edit > Authentication flows: ALLOW_USER_SRP_AUTH.",
)
RENEWAL = Check(
    "identity.renewal",
    "Sessions can be renewed",
    "Users are signed out whenever their access token ends.",
    f"{CONSOLE} > App clients > Edit: Authentication flows: ALLOW_REFRESH_TOKEN_AUTH, or refresh "
    "token rotation, which takes its place (docs/cognito.md).",
)
REVOCATION = Check(
    "identity.revocation",
    "Refresh tokens can be revoked",
    "A lost device, or a session that signed out, stays signed in until the token expires.",
    f"{CONSOLE} > App clients > Edit > Advanced: enable token revocation.",
)
SERVICE = Check(
    "identity.service",
    "Back ends can get their scope",
    "No token makes a back end of its caller: it may act for nobody.",
    "`flask provision --set ServiceScope=assets/act` makes a client for back ends. By hand: allow "
    "SERVICE_SCOPE to a client with the client-credentials grant alone, and add the client to "
    "COGNITO_CLIENT_ID (docs/backends.md).",
)


def client_results(deployment: Deployment) -> Iterator[Result]:
    """Each client whose tokens count, and whether one of them is a back end's if it has to be."""
    settings = deployment.settings
    found = []
    for client_id in settings.cognito_client_id:
        try:
            client = deployment.call(
                "cognito-idp",
                "describe_user_pool_client",
                UserPoolId=settings.cognito_user_pool_id,
                ClientId=client_id,
            )["UserPoolClient"]
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                yield CLIENT.fault(f"{client_id} is not a client of the pool")
            else:
                yield not_permitted(CLIENT, error)
            continue
        yield CLIENT.ok(client_id)
        found.append(client)
        if _is_of_a_back_end(client):
            yield CLIENT_SECRET.ok(f"{client_id} is a back end's, which keeps one")
        else:
            yield from _of_a_front_end(client_id, client)
    if settings.service_scope and len(found) == len(settings.cognito_client_id):
        yield _service(settings.service_scope, found)


def _service(scope: str, clients: Sequence[Mapping[str, Any]]) -> Result:
    """A token with the scope has to come from a back end's client, or a user's would have it."""
    having = [each for each in clients if scope in each.get("AllowedOAuthScopes", [])]
    lent = [each["ClientId"] for each in having if not _is_of_a_back_end(each)]
    if lent:
        return SERVICE.warning(
            f"{', '.join(lent)} signs users in, and may ask for {scope}",
            "Take SERVICE_SCOPE from that client's scopes: a user's token with it acts for nobody.",
        )
    return SERVICE.passes_if(
        bool(having), f"{len(having)} with {scope}", f"no back end's client may ask for {scope}"
    )


def _is_of_a_back_end(client: Mapping[str, Any]) -> bool:
    return bool(client.get("AllowedOAuthFlows") == ["client_credentials"])


def _of_a_front_end(client_id: str, client: Mapping[str, Any]) -> Iterator[Result]:
    yield CLIENT_SECRET.passes_if(not client.get("ClientSecret"), "none", f"{client_id} has one")
    yield from _sign_in(client)
    hours = _access_hours(client)
    if hours > _LONGEST_ACCESS_HOURS:
        yield LIFETIME.warning(f"{hours:.0f} hours")
    else:
        yield LIFETIME.ok(f"{hours * 60:.0f} minutes")


def _sign_in(client: Mapping[str, Any]) -> Iterator[Result]:
    # Cognito's own default, without any, has SRP; ALLOW_USER_AUTH offers it among others.
    flows = client.get("ExplicitAuthFlows") or ["ALLOW_USER_SRP_AUTH"]
    by_pages = client.get("AllowedOAuthFlowsUserPoolClient") and client.get("AllowedOAuthFlows")
    if by_pages or {"ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"} & {*flows}:
        yield SIGN_IN.ok()
    else:
        yield SIGN_IN.warning(f"only {', '.join(sorted(flows))}")
    rotates = client.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    # Flows by their names of before 2018 renew as well.
    plain = "ALLOW_REFRESH_TOKEN_AUTH" in flows or not any("ALLOW_" in flow for flow in flows)
    if by_pages or rotates or plain or not client.get("ExplicitAuthFlows"):
        yield RENEWAL.ok("with rotation" if rotates else "")
    else:
        yield RENEWAL.warning(f"only {', '.join(sorted(flows))}")
    # Clients from before July 2021 say nothing, and cannot.
    revocable = client.get("EnableTokenRevocation", True)
    yield REVOCATION.ok() if revocable else REVOCATION.warning("off")


def _access_hours(client: Mapping[str, Any]) -> float:
    units = {"seconds": 1 / 3600, "minutes": 1 / 60, "hours": 1.0, "days": 24.0}
    in_hours = units[client.get("TokenValidityUnits", {}).get("AccessToken", "hours")]
    # Unset, it is an hour, whatever the unit.
    return float(client["AccessTokenValidity"] * in_hours) if "AccessTokenValidity" in client else 1
