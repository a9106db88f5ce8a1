"""What stands at the door: T38 to T40, T43, T46, T47, T54, T57."""

from __future__ import annotations

from tests.security.mutants.catalogue import Code, Mutant, Plain, always, mutant, never, without

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "T38",
        "every origin may read",
        Code("allow_origins", "[__PATTERN for origin in origins]", '"*"'),
    ),
    mutant(
        "T38",
        "an origin's end does not matter",
        Code("allow_origins", r'rf"{re.escape(origin)}\Z"', "re.escape(origin)"),
    ),
    mutant(
        "T38", "a dot stands for anything", Code("allow_origins", "re.escape(origin)", "origin")
    ),
    mutant(
        "T38",
        "what one origin was told is told to the next",
        Code(
            "remember_cors",
            """
            @__CACHED
            def headers_for(origin: str): ...
        """,
            "def headers_for(origin: str, *, told: list[str] = []): ...",
        ),
        Code(
            "remember_cors",
            '{"Origin": origin}',
            '{"Origin": told[0] if told else told.append(origin) or origin}',
        ),
    ),
    mutant(
        "T38",
        "every route allows credentials",
        Code("allow_credentials", "blp.after_request", "blp.after_app_request"),
    ),
    mutant(
        "T38",
        "a setting may allow every origin",
        never("check_origin", "not found or found[1] in _NO_ORIGINS or int(found[3] or 0) > 65535"),
        never("check_origin", "found[3] and int(found[3]) == DEFAULT_PORTS.get(found[1])"),
    ),
    mutant(
        "T39",
        "users are counted by address",
        Code("count_caller", "g.principal.sub", "request.remote_addr or ''"),
    ),
    mutant("T39", "nobody is turned away", never("rate_limits:_count", "standing.exceeded")),
    mutant(
        "T39",
        "strangers name their own address",
        Code(
            "count_stranger",
            'request.remote_addr or ""',
            'request.headers.get("X-Forwarded-For", "").split(",")[0]',
        ),
    ),
    mutant(
        "T39",
        "more proxies are trusted than there are",
        Code("create_app", "x_for=settings.trusted_proxies", "x_for=settings.trusted_proxies + 1"),
    ),
    mutant(
        "T39",
        "bad tokens are not counted",
        without(
            "authenticate_requests.authenticate",
            "count_stranger(services.limits.rates, with_bad_token=True)",
        ),
    ),
    mutant("T39", "a household has endless addresses", Code("IPV6_NETWORK_BITS", "64", "128")),
    mutant(
        "T39",
        "a proxy on this machine passes for this machine",
        always("metrics_answer", "not _forwarded(request.headers)"),
    ),
    mutant("T40", "NaN is a number", without("StrictJSONProvider.loads", "parse_constant=_refuse")),
    mutant(
        "T40",
        "the last of two names counts",
        without("StrictJSONProvider.loads", "object_pairs_hook=_unique"),
    ),
    mutant(
        "T40",
        "many texts may hold half a character",
        Code("texts.is_plain", '"".join(values).encode()', '"".join(values)'),
    ),
    mutant(
        "T40",
        "many texts may be of any length",
        always("texts.is_plain", "max(map(len, values)) <= max_length"),
    ),
    mutant(
        "T40",
        "many texts are not looked at for their type",
        never("texts.is_plain", "any(type(value) is not str for value in values)"),
    ),
    mutant(
        "T40",
        "depth is a crash",
        Code(
            "StrictJSONProvider.loads",
            "except RecursionError: ...",
            "except KeyError: ...",
        ),
    ),
    mutant(
        "T40",
        "JSON is in whatever encoding it seems to be in",
        Code("StrictJSONProvider.loads", "isinstance(s, bytes)", "False"),
    ),
    mutant(
        "T40",
        "a parameter may come twice",
        never("BodyParser.load_querystring", "len(values) > 1"),
    ),
    mutant("T40", "another type passes for JSON", never("BodyParser.load_json", "not req.is_json")),
    mutant("T40", "small routes take large bodies", always("read_bodies.read_body", "large")),
    mutant("T40", "half a character is a crash", without("Text._deserialize", "text.encode()")),
    mutant(
        "T43",
        "nobody needs a token",
        Code(
            "authenticate_requests.authenticate",
            "protector.authenticate()",
            'g.principal = Principal("stranger")',
        ),
    ),
    mutant(
        "T43",
        "a blueprint is public by mistake",
        Code("me:blp", 'Blueprint("me", ...)', 'Blueprint("me", ..., public=True)'),
    ),
    mutant(
        "T46",
        "the store's words are passed on",
        Code("S3Client.ask", "problem_of(*found)", "StorageError(found.code)"),
    ),
    mutant(
        "T46",
        "the store's address is passed on",
        Code("S3Client._ask", "raise StorageUnavailable", "raise StorageUnavailable(url)"),
    ),
    mutant(
        "T46",
        "the role is named",
        Code(
            "ScopedCredentials._assume",
            "problem_of_client(error)",
            "type(problem_of_client(error))(self._role_arn)",
        ),
    ),
    mutant(
        "T46",
        "a crash tells its own words",
        Code("_render_bug", "Problem()", "Problem(str(error))"),
    ),
    mutant(
        "T47",
        "a share's link has the Host of its request",
        Code("_share_answer", "url_for(...)", "url_for(..., _external=True)"),
    ),
    mutant(
        "T47",
        "a Location has the Host of its request",
        Code("create_upload", "url_for(...)", "url_for(..., _external=True)"),
    ),
    mutant(
        "T47",
        "a header moves the path",
        Plain("gunicorn.conf.py", 'forwarder_headers = ""\n', ""),
    ),
    mutant(
        "T54",
        "requests are waited for without end",
        Code("RECEIVE_SECONDS", "20", "3600"),
        Code("FIRST_REQUEST_SECONDS", "20", "3600"),
    ),
    mutant(
        "T54",
        "a thread reads what is not there yet",
        Code(
            "Incoming.is_complete",
            "return self.end is None or len(self.data) >= __END",
            "return True",
        ),
    ),
    mutant(
        "T57", "a body may be shorter than its length", never("bodies:_body", "len(body) < length")
    ),
    mutant(
        "T57",
        "a chunked body has no limit",
        never("bodies:_body", "length is None and len(body) > limit"),
    ),
)
