"""What a request costs over HTTP, beside what others would build.

One process a contender on one core, the load generator on another. Contenders take turns within
each round; figures are medians of CPU milliseconds a request, ratios medians of the rounds'. The
gateway runs as in production: logs, metrics, CORS, rate limit, tokens verified. Companion verifies
no token at all. With ``before`` another checkout of the gateway takes its turns as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.asset_cases import asset_cases, batch_case
from benchmarks.contenders import (
    BEFORE,
    COMPANION,
    FASTIFY,
    FLASK,
    GATEWAY,
    NAIVE,
    Case,
    commands,
    gateway_command,
    gateway_environment,
    new_token_cases,
    peer_environment,
    refusal_cases,
    signing_cases,
    store_command,
)
from benchmarks.install import install_before, install_peers
from benchmarks.load import load
from benchmarks.processes import LOAD_CORE, Server, pinned, serving
from benchmarks.results import Results
from benchmarks.turns import ratio
from tests.auth.tokens import JwksServer, TokenMaker

REQUESTS = 1500
HEAVY_REQUESTS = 32
"""Of those that ask for a thousand of something."""
BATCH = "1,000 uploads declared in one call"
REFUSALS = ("no token", "a garbage token", "an expired token", "an unknown kid")
#: case -> against whom, and the most the gateway's CPU time may be of theirs.
TARGETS: Mapping[str, Mapping[str, float]] = {
    "one signed part": {FASTIFY: 0.9, FLASK: 0.5},
    "presigned PUT": {FASTIFY: 1},
    "presigned PUT, a new token each": {FASTIFY: 1.3},
    BATCH: {FASTIFY: 0.2},
    "batch of 1,000 parts": dict.fromkeys((COMPANION, *NAIVE), 0.03),
    "1,000 links": dict.fromkeys(NAIVE, 0.06),
    "1,000 assets listed and signed": {FLASK: 0.2},
    **{refused: {FLASK: 1.1} for refused in REFUSALS},
}
#: The same of the gateway before version 0.2.
_AS_BEFORE = 1.05
TARGETS_BEFORE = {"a PUT completed": 0.35, "an asset shown": 0.5, "a share opened": 0.5}


def measure_all(results: Results, rounds: int, before: Path | None = None) -> None:
    """Adds each case in CPU milliseconds a request, and the targets."""
    install_peers()
    if before:
        install_before(before)
    tokens = TokenMaker()
    cases = signing_cases(tokens) | refusal_cases(tokens) | new_token_cases(tokens, REQUESTS)
    with pinned(LOAD_CORE), JwksServer(tokens) as jwks, ExitStack() as stack:
        store = stack.enter_context(serving("store", store_command(), {}, core=LOAD_CORE))
        environment = gateway_environment(jwks.url, store.url) | peer_environment(tokens, store.url)
        servers = {
            name: stack.enter_context(serving(name, command, environment))
            for name, command in commands().items()
        }
        if before:
            servers[BEFORE] = stack.enter_context(
                serving(BEFORE, gateway_command("before"), environment, folder=before)
            )
        if before:
            for case in cases.values():
                case[BEFORE] = case[GATEWAY]
        gateways = {name: servers[name] for name in (GATEWAY, BEFORE) if name in servers}
        cases |= asset_cases(tokens, store, gateways)
        for title, case in cases.items():
            heavy = "1,000" in title
            _measure(results, servers, title, case, rounds, HEAVY_REQUESTS if heavy else REQUESTS)
        _measure_batch(results, servers, batch_case(tokens), rounds)
        results.add(
            "resident memory of a worker after all this, MB",
            {name: server.resident_megabytes() for name, server in servers.items()},
        )


def _measure(
    results: Results, servers: Mapping[str, Server], title: str, case: Case, rounds: int, count: int
) -> None:
    cpu: dict[str, list[float]] = {name: [] for name in case}
    rate: dict[str, list[float]] = {name: [] for name in case}
    for name, requests in case.items():
        # What is asked of the store once and remembered then is asked once.
        load(servers[name], requests, 1)
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
    if BEFORE in case:
        at_most = TARGETS_BEFORE.get(title, _AS_BEFORE)
        results.target(f"{title}, of before", ratio(cpu[GATEWAY], cpu[BEFORE]), at_most=at_most)


def _measure_batch(
    results: Results, servers: Mapping[str, Server], case: Case, rounds: int
) -> None:
    """One call of ours beside a thousand of the peer's, which are taken from fewer."""
    cpu: dict[str, list[float]] = {name: [] for name in case}
    for turn in range(-1, rounds):
        for name, requests in case.items():
            own = name == GATEWAY
            seen = load(servers[name], requests, HEAVY_REQUESTS if own else REQUESTS)
            if turn >= 0:
                cpu[name].append(seen.cpu_milliseconds * (1 if own else 1000))
    results.add(f"{BATCH}, CPU ms", {name: median(seen) for name, seen in cpu.items()})
    for other, at_most in TARGETS[BATCH].items():
        results.target(f"{BATCH}, of {other}", ratio(cpu[GATEWAY], cpu[other]), at_most=at_most)
