"""``/v1/playback``: one signature for a whole HLS or DASH folder."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response

from app.api.answers import answer, playback_answer
from app.api.context import caller, caller_root, services
from app.api.documentation import Blueprint
from app.domain.assets import Playback
from app.domain.errors import ValidationFailed
from app.domain.kinds import Kind
from app.domain.paths import AssetPath
from app.schemas.playback import NewPlayback, NewPlaybackSchema, PlaybackSchema

blp = Blueprint("playback", description="Play packages: one signature for a whole folder")


@blp.route("/v1/playback", methods=["POST"])
@blp.arguments(NewPlaybackSchema)
@blp.response(200, PlaybackSchema)
@blp.problems(404, 409, 413, 415)
def create_playback(wanted: NewPlayback) -> Response:
    """Sign for playback.

    Covers the folder right below the kind, and with it every playlist and segment of the package.
    Put `query` behind each URL the player asks for, or, where the gateway and CloudFront share a
    site, let it send the cookies that this answer sets.
    """
    check_playable(wanted.path)
    playback = services.signing.links.sign_folder(
        caller_root(), wanted.path, expires_seconds=wanted.expires_in
    )
    services.assets.library.find(caller(), wanted.path)
    response = answer(playback_answer(playback))
    if domain := services.signing.cookie_domain:
        set_cookies(response, playback, domain)
    return response


@blp.after_request
def allow_credentials(response: Response) -> Response:
    """Let a front end of ``CORS_ORIGINS`` keep the cookies, here alone; preflights included.

    For everybody else no origin is allowed, and without one this header says nothing.
    """
    if services.signing.cookie_domain:
        response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


def check_playable(path: AssetPath) -> None:
    """``ValidationFailed`` unless this is audio or video in a folder of its own."""
    if path.kind not in (Kind.AUDIO, Kind.VIDEO):
        raise ValidationFailed.at("/path", "Only audio and video are played.")
    if not path.has_asset_folder:
        raise ValidationFailed.at("/path", "Playback needs a folder below the kind.")


def set_cookies(response: Response, playback: Playback, domain: str) -> None:
    """CloudFront's cookies, sent to this folder alone and kept from scripts."""
    left = int((playback.expires_at - datetime.now(UTC)).total_seconds())
    for name, value in playback.cookies.items():
        response.set_cookie(
            name,
            value,
            max_age=left,
            domain=domain,
            path=playback.cookie_path,
            secure=True,
            httponly=True,
            samesite="Lax",
        )
