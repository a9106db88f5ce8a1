"""The naive service on FastAPI."""

from typing import Annotated

from fastapi import FastAPI, Header
from pydantic import BaseModel

from benchmarks.peers import naive

app = FastAPI()
Token = Annotated[str, Header()]


class Paths(BaseModel):
    paths: list[str]


@app.post("/put")
def put(authorization: Token) -> dict[str, object]:
    return naive.put(naive.caller(authorization))


@app.get("/part/{upload_id}/{number}")
def part(upload_id: str, number: int, authorization: Token) -> dict[str, object]:
    return naive.part(naive.caller(authorization), upload_id, number)


@app.get("/batch/{upload_id}")
def batch(upload_id: str, authorization: Token) -> dict[str, object]:
    return naive.batch(naive.caller(authorization), upload_id)


@app.post("/links")
def links(wanted: Paths, authorization: Token) -> dict[str, object]:
    return naive.links(naive.caller(authorization), wanted.paths)
