"""What a request costs over HTTP, beside what others would build.

One process a contender on one core, the load generator on another. Contenders take turns within
each round; figures are medians of CPU milliseconds a request, ratios medians of the rounds'. The
gateway runs as in production: logs, metrics, CORS, rate limit, tokens verified. Companion verifies
no token at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from statistics import median

from benchmarks.contenders import (
    COMPANION,
    FASTIFY,
    FLASK,
    GATEWAY,
    NAIVE,
    Case,
    commands,
    gateway_environment,
    list_store_command,
    new_token_case,
    peer_environment,
    refusal_cases,
    signing_cases,
)
from benchmarks.install import install_peers
from benchmarks.load import load
from benchmarks.processes import LOAD_CORE, Server, pinned, serving
from benchmarks.results import Results
from benchmarks.turns import ratio
from tests.auth.tokens import JwksServer, TokenMaker

REQUESTS = 1500
HEAVY_REQUESTS = 32
"""Of those that ask for a thousand of something."""
#: case -> against whom, and the most the gateway's CPU time may be of theirs.
TARGETS: Mapping[str, Mapping[str, float]] = {
    "one signed part": {FASTIFY: 0.6, FLASK: 0.5},
    "presigned PUT": {FASTIFY: 0.8},
    "batch of 1,000 parts": dict.fromkeys((COMPANION, *NAIVE), 0.03),
    "1,000 links": dict.fromkeys(NAIVE, 0.06),
    "1,000 assets listed and signed": {FLASK: 0.15},
    **{
        refused: {FLASK: 4 / 3}
        for refused in ("no token", "a garbage token", "an expired token", "an unknown kid")
    },
}


def measure_all(results: Results, rounds: int) -> None:
    """Adds each case in CPU milliseconds a request, and the targets."""
    install_peers()
    tokens = TokenMaker()
    cases = signing_cases(tokens) | refusal_cases(tokens)
    cases["one signed part, a new token each"] = new_token_case(tokens, REQUESTS)
    with pinned(LOAD_CORE), JwksServer(tokens) as jwks, ExitStack() as stack:
        store = stack.enter_context(serving("store", list_store_command(), {}, core=LOAD_CORE))
        environment = gateway_environment(jwks.url, store.url) | peer_environment(tokens, store.url)
        servers = {
            name: stack.enter_context(serving(name, command, environment))
            for name, command in commands().items()
        }
        for title, case in cases.items():
            heavy = "1,000" in title
            _measure(results, servers, title, case, rounds, HEAVY_REQUESTS if heavy else REQUESTS)
        results.add(
            "resident memory of a worker after all this, MB",
            {name: server.resident_megabytes() for name, server in servers.items()},
        )


def _measure(
    results: Results, servers: Mapping[str, Server], title: str, case: Case, rounds: int, count: int
) -> None:
    cpu: dict[str, list[float]] = {name: [] for name in case}
    rate: dict[str, list[float]] = {name: [] for name in case}
    for turn in range(-1, rounds):
        for name, requests in case.items():
            seen = load(servers[name], requests, count)
            if turn >= 0:
                cpu[name].append(seen.cpu_milliseconds)
                rate[name].append(seen.per_second)
    results.add(f"{title}, CPU ms", {name: median(seen) for name, seen in cpu.items()})
    results.add(f"{title}, requests/s", {name: median(seen) for name, seen in rate.items()})
    for other, at_most in TARGETS.get(title, {}).items():
        results.target(f"{title}, of {other}", ratio(cpu[GATEWAY], cpu[other]), at_most=at_most)
