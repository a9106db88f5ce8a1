"""The naive service on Flask, and a constant answer that shows what Flask itself costs."""

from flask import Flask, redirect, request
from werkzeug import Response

from benchmarks.peers import naive

app = Flask(__name__)


@app.get("/constant")
def constant() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/put")
def put() -> dict[str, object]:
    return naive.put(naive.caller(request.headers["Authorization"]))


@app.get("/part/<upload_id>/<int:number>")
def part(upload_id: str, number: int) -> dict[str, object]:
    return naive.part(naive.caller(request.headers["Authorization"]), upload_id, number)


@app.get("/batch/<upload_id>")
def batch(upload_id: str) -> dict[str, object]:
    return naive.batch(naive.caller(request.headers["Authorization"]), upload_id)


@app.post("/links")
def links() -> dict[str, object]:
    return naive.links(naive.caller(request.headers["Authorization"]), request.json["paths"])


@app.get("/list")
def listed() -> dict[str, object]:
    return naive.listed(naive.caller(request.headers["Authorization"]))


@app.post("/complete")
def complete() -> dict[str, object]:
    return naive.complete(naive.caller(request.headers["Authorization"]))


@app.get("/asset")
def asset() -> dict[str, object]:
    return naive.asset(naive.caller(request.headers["Authorization"]))


@app.get("/share/<sub>")
def share(sub: str) -> Response:
    return redirect(naive.shared(sub))
