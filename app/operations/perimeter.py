"""What every answer says to browsers: which type it is, and that nothing in it is to be run."""

from __future__ import annotations

from flask import Flask, Response

NOSNIFF = {"X-Content-Type-Options": "nosniff"}
#: Nothing may be loaded or framed, should a browser ever show an answer as a page.
DATA_HEADERS = NOSNIFF | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


def guard_answers(app: Flask) -> None:
    """Add the headers, on errors too. A page brings a policy of its own."""

    @app.after_request
    def guard(response: Response) -> Response:
        headers = response.headers
        for name, value in DATA_HEADERS.items():
            if name not in headers:
                headers.add(name, value)
        return response
