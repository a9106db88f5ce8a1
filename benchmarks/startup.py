"""What starting costs: CPU to import, time to the first answer, memory of a worker.

The gateway with its production packages, beside a naive Flask service that makes its boto3 client
at once, as most do.
"""

from __future__ import annotations

import resource
import subprocess
import time
import urllib.request
from statistics import median

from benchmarks.contenders import (
    FLASK,
    GATEWAY,
    commands,
    gateway_environment,
    peer_environment,
    signing_cases,
)
from benchmarks.install import install_peers, python
from benchmarks.load import load
from benchmarks.processes import ROOT, inherited, serving
from benchmarks.results import Results
from tests.auth.tokens import JwksServer, TokenMaker

IMPORTS = {
    GATEWAY: [python("gateway"), "-c", "import wsgi"],
    FLASK: [python("peers"), "-c", "import benchmarks.peers.naive_flask"],
}
FIRST = {GATEWAY: "/healthz", FLASK: "/constant"}


def measure_all(results: Results, rounds: int) -> None:
    """Adds import, cold start and memory, and the targets of the first and the last."""
    install_peers()
    tokens = TokenMaker()
    with JwksServer(tokens) as jwks:
        nowhere = "http://127.0.0.1:9"
        environment = gateway_environment(jwks.url, nowhere) | peer_environment(tokens, nowhere)
        started = {name: _starts(name, environment, rounds) for name in IMPORTS}
        imported = {name: _imports(name, environment, rounds * 2) for name in IMPORTS}
        memory = {name: _memory(name, environment, tokens) for name in IMPORTS}
    results.add("start to first answer, s", started)
    results.add("import, CPU s", imported)
    results.target("import, of naive Flask", imported[GATEWAY] / imported[FLASK], at_most=1)
    results.add("resident memory of a worker that has signed, MB", memory)
    results.target("memory of a worker, of naive Flask", memory[GATEWAY] / memory[FLASK], at_most=1)


def _imports(name: str, environment: dict[str, str], rounds: int) -> float:
    seen = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(IMPORTS[name], env=inherited() | environment, cwd=ROOT, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seen.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(seen)


def _starts(name: str, environment: dict[str, str], rounds: int) -> float:
    seen = []
    for _ in range(rounds):
        began = time.perf_counter()
        with serving(name, commands()[name], environment) as server:
            urllib.request.urlopen(server.url + FIRST[name], timeout=30).close()
            seen.append(time.perf_counter() - began)
    return median(seen)


def _memory(name: str, environment: dict[str, str], tokens: TokenMaker) -> float:
    with serving(name, commands()[name], environment) as server:
        load(server, signing_cases(tokens)["one signed part"][name], 200)
        return server.resident_megabytes()
