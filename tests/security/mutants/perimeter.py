"""What stands at the door: T38 to T40, T43, T46, T47."""

from __future__ import annotations

from tests.security.mutants.catalogue import Broken, Edit, Mutant

factory = Broken("app/__init__.py")
playback = Broken("app/api/playback.py")
settings = Broken("config.py")
door = Broken("app/api/rate_limits.py")
bodies = Broken("app/api/bodies.py")
fields = Broken("app/schemas/fields.py")
me = Broken("app/api/me.py")
store = Broken("app/s3/objects.py")
exchange = Broken("app/s3/client.py")
sts = Broken("app/aws/scoped_credentials.py")
problems = Broken("app/api/problems.py")
shares = Broken("app/api/shares.py")
uploads = Broken("app/api/uploads.py")
telemetry = Broken("app/operations/metrics.py")

_ORIGINS = '[re.compile(rf"{re.escape(origin)}\\Z") for origin in origins]'
_HIT = "_count(rates.signing if signing else rates.general, g.principal.sub)"

MUTANTS: tuple[Mutant, ...] = (
    factory("T38", "every origin may read", _ORIGINS, '"*"'),
    factory(
        "T38",
        "an origin's end does not matter",
        _ORIGINS,
        "[re.compile(re.escape(origin)) for origin in origins]",
    ),
    factory(
        "T38",
        "a dot stands for anything",
        _ORIGINS,
        '[re.compile(rf"{origin}\\Z") for origin in origins]',
    ),
    factory(
        "T38",
        "what one origin was told is told to the next",
        "    @lru_cache(maxsize=256)\n    def answers_to(origin: str)",
        "    def answers_to(origin: str, *, told: list[str] = [])",
        Edit(
            "app/__init__.py",
            '{"Origin": origin}, "GET"',
            '{"Origin": told[0] if told else told.append(origin) or origin}, "GET"',
        ),
    ),
    playback(
        "T38",
        "every route allows credentials",
        "@blp.after_request",
        "@blp.after_app_request",
    ),
    settings(
        "T38",
        "a setting may allow every origin",
        r'r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?\Z"',
        'r".+"',
    ),
    door(
        "T39",
        "users are counted by address",
        _HIT,
        _HIT.replace("g.principal.sub", "request.remote_addr or ''"),
    ),
    door("T39", "nobody is turned away", "if standing.exceeded:", "if False:"),
    door(
        "T39",
        "strangers name their own address",
        '_network(request.remote_addr or "")',
        '_network(request.headers.get("X-Forwarded-For", "").split(",")[0])',
    ),
    factory(
        "T39",
        "more proxies are trusted than there are",
        "x_for=settings.trusted_proxies,",
        "x_for=settings.trusted_proxies + 1,",
    ),
    factory(
        "T39",
        "bad tokens are not counted",
        "except (InvalidToken, IdentityUnavailable):\n            count_stranger(services.rates)",
        "except (InvalidToken, IdentityUnavailable):",
    ),
    door(
        "T39",
        "a household has endless addresses",
        "IPV6_NETWORK_BITS = 64",
        "IPV6_NETWORK_BITS = 128",
    ),
    telemetry(
        "T39",
        "a proxy on this machine passes for this machine",
        "and not _forwarded(request.headers)",
        "",
    ),
    bodies(
        "T40",
        "NaN is a number",
        "                parse_constant=_refuse,\n",
        "",
    ),
    bodies(
        "T40", "the last of two names counts", "                object_pairs_hook=_unique,\n", ""
    ),
    fields(
        "T40",
        "many texts may hold half a character",
        '"".join(values).encode()',
        '"".join(values)',
    ),
    fields(
        "T40",
        "many texts may be of any length",
        "return max(map(len, values)) <= max_length",
        "return True",
    ),
    fields(
        "T40",
        "many texts are not looked at for their type",
        "if any(type(value) is not str for value in values):",
        "if False:",
    ),
    bodies("T40", "depth is a crash", "except RecursionError:", "except KeyError:"),
    bodies("T40", "another type passes for JSON", "if not req.is_json:", "if False:"),
    bodies(
        "T40",
        "small routes take large bodies",
        "MAX_LIST_BODY_BYTES if large else MAX_BODY_BYTES",
        "MAX_LIST_BODY_BYTES",
    ),
    fields(
        "T40",
        "half a character is a crash",
        "        try:\n            text.encode()\n",
        "        try:\n            pass\n",
    ),
    factory(
        "T43",
        "nobody needs a token",
        "            protector.authenticate()\n",
        '            g.principal = Principal("stranger")\n',
    ),
    me(
        "T43",
        "a blueprint is public by mistake",
        'Blueprint("me", description="The caller: limits and usage, export and erasure")',
        'Blueprint("me", description="The caller", public=True)',
    ),
    store(
        "T46",
        "boto3's words are passed on",
        "raise problem_of_client(error) from error",
        "raise type(problem_of_client(error))(str(error)) from error",
    ),
    store(
        "T46",
        "the store's address is passed on",
        "raise StorageUnavailable from error\n        return answer",
        "raise StorageUnavailable(str(error)) from error\n        return answer",
    ),
    sts(
        "T46",
        "the role is named",
        "raise problem_of_client(error) from error",
        "raise type(problem_of_client(error))(self._role_arn) from error",
    ),
    problems(
        "T46",
        "a crash tells its own words",
        "return render_problem(Problem())",
        "return render_problem(Problem(str(error)))",
    ),
    shares(
        "T47",
        "a share's link has the Host of its request",
        'url_for("share_links.open_share", token=token)',
        'url_for("share_links.open_share", token=token, _external=True)',
    ),
    uploads(
        "T47",
        "a Location has the Host of its request",
        'url_for("uploads.get_upload", upload_id=upload_id)',
        'url_for("uploads.get_upload", upload_id=upload_id, _external=True)',
    ),
)
