"""Serves the demo page and the browser client, and tells the page where everything is.

A plain static server: another origin than the gateway, as a real front end would be.
"""

from __future__ import annotations

import json
import mimetypes
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.security import safe_join
from werkzeug.wrappers import Request, Response

from devstack.origins import FILES, back_end_file, env_file

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

ROOT = Path(__file__).parents[1]
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


#: Whoever was sent a link has one page, under two names.
_VISITORS = dict.fromkeys(("share.html", "request.html"), "visitor.html")
HLS = ROOT / ".stores" / "npm" / "node_modules" / "hls.js" / "dist" / "hls.light.min.mjs"


class Pages:
    """``/`` is ``devstack/page/``, ``/client/`` is ``client/``, ``/config.json`` the settings.

    ``/next.env`` and ``/vite.env`` are the same settings as a front end's ``.env.local``,
    ``/backend.env`` as a back end's environment.
    ``/hls.mjs`` is hls.js where ``make stores`` has put it; the settings' ``hls`` then names it.
    """

    def __init__(self, config: dict[str, Any], page: Path, client: Path) -> None:
        player = "/hls.mjs" if HLS.is_file() else None
        self._settings = config
        self._config = json.dumps({**config, "hls": player})
        self._page = page
        self._client = client

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        response: WSGIApplication
        try:
            answer = self._answer(request)
            answer.headers.update(_HEADERS)
            response = answer
        except HTTPException as error:
            response = error
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(["GET", "HEAD"])
        if request.path == "/config.json":
            return _unstored(self._config, "application/json")
        if prefix := FILES.get(request.path):
            return _unstored(env_file(self._settings, prefix), "text/plain")
        if request.path == "/backend.env":
            return _unstored(back_end_file(self._settings), "text/plain")
        path = request.path.lstrip("/") or "index.html"
        path = _VISITORS.get(path, path)
        root = self._page
        if path.startswith("client/"):
            root, path = self._client, path.removeprefix("client/")
        file = str(HLS) if path == "hls.mjs" else safe_join(str(root), path)
        if file is None or not os.path.isfile(file):
            raise NotFound
        kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
        # no-cache: whoever edits the page sees the edit; unchanged files cost a 304.
        data = Path(file).read_bytes()
        answer = Response(data, mimetype=kind)
        answer.headers["Cache-Control"] = "no-cache"
        answer.add_etag()
        return answer.make_conditional(request, accept_ranges=True, complete_length=len(data))


def _unstored(text: str, kind: str) -> Response:
    return Response(text, mimetype=kind, headers={"Cache-Control": "no-store"})


def create_app() -> WSGIApplication:
    """Build the server from the file that ``STACK_FILE`` names."""
    for extension in (".js", ".mjs"):
        mimetypes.add_type("text/javascript", extension)
    config = json.loads(Path(os.environ["STACK_FILE"]).read_text())["page"]
    return Pages(config, ROOT / "devstack" / "page", ROOT / "client")
