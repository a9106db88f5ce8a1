"""gunicorn's worker classes and parsers under the gateway, and one worker beside two.

The parser in C is used where it is installed (``gunicorn-h1c``), so each stands in an environment.
"""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median

from benchmarks.contenders import GATEWAY, gateway_environment, peer_environment, signing_cases
from benchmarks.install import install_peers, python
from benchmarks.load import load
from benchmarks.processes import LOAD_CORE, pinned, serving
from benchmarks.results import Results
from tests.auth.tokens import JwksServer, TokenMaker

OURS = "ours (gthread, 16 threads)"
#: What stands behind ``gunicorn -c gunicorn.conf.py``.
WORKERS = {
    OURS: [],
    "ours, 4 threads": ["--threads", "4"],
    "gthread as it comes": ["-k", "gthread"],
    "sync": ["-k", "sync"],
    "gevent": ["-k", "gevent"],
}
REQUESTS = 1500


def _command(parser: str, options: list[str], workers: int = 1) -> list[str]:
    given = ["-w", str(workers), "-b", "127.0.0.1:{port}", "--http-parser", parser, *options]
    return [python("servers"), "-m", "gunicorn", *given, "wsgi:app"]


def measure_all(results: Results, rounds: int) -> None:
    """Adds a table of worker classes and parsers, and what a second worker brings."""
    install_peers()
    tokens = TokenMaker()
    part = signing_cases(tokens)["one signed part"][GATEWAY]
    with JwksServer(tokens) as jwks:
        nowhere = "http://127.0.0.1:9"
        environment = gateway_environment(jwks.url, nowhere) | peer_environment(tokens, nowhere)
        with pinned(LOAD_CORE), ExitStack() as stack:
            servers = {
                f"{name}, {parser} parser": stack.enter_context(
                    serving(name, _command(parser, options), environment)
                )
                for name, options in WORKERS.items()
                for parser in ("python", "fast")
            }
            seen: dict[str, list[float]] = {name: [] for name in servers}
            for turn in range(-1, rounds):
                for name, server in servers.items():
                    cost = load(server, part, REQUESTS).cpu_milliseconds
                    if turn >= 0:
                        seen[name].append(cost)
        results.add("one signed part by worker, CPU ms", {n: median(v) for n, v in seen.items()})
        rates = {}
        for workers in (1, 2):
            command = _command("python", [], workers)
            # Both cores for the workers, which share one of them with the load generator.
            with serving(GATEWAY, command, environment, core=None) as server:
                load(server, part, REQUESTS)
                found = [load(server, part, REQUESTS).per_second for _ in range(rounds)]
                rates[f"{workers} worker{'s' * (workers - 1)}"] = median(found)
        results.add("one signed part by number of workers, requests/s", rates)
