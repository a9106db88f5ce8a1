"""Texts that hurt: what people, scripts and attackers call their files."""

from __future__ import annotations

from hypothesis import strategies as st

from app.domain.kinds import LIBRARY_KINDS, PROJECT_KINDS

#: Pieces that parsers of paths and URLs disagree about.
NASTY = [
    "..", ".", "/", "//", "\\", "%2F", "%2f", "%2e", "%2E%2e", "%25", "%252e", "%", "*", "?", "#",
    "&", "+", ";", "=", ":", "@", " ", "\t", "\n", "\r", "\0", "\x1f", "\x7f", "\x85", "\u00a0",
    "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\ufffd", "\ud800", "e\u0301", "\u00e9",
    "\u212b", "\u037e", "\u3000", "\uff0f", "\u2044", "日本", "😀", "👩‍💻", "❤️", '"', "'", "<", ">",
    "|", "^", "`", "{", "}", "[", "]", "~", "users", "shares", "projects", "video", "aux.mp4",
    ".mp4", ".html", ".JPG", "a", "0",
]  # fmt: skip

nasty_text = st.lists(
    st.one_of(st.sampled_from(NASTY), st.text(max_size=4)), min_size=0, max_size=12
).map("".join)

subs = st.from_regex(r"[A-Za-z0-9._:-]{1,40}", fullmatch=True).filter(
    lambda sub: sub not in (".", "..")
)
project_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True)
places = st.one_of(
    st.sampled_from(sorted(LIBRARY_KINDS)).map(lambda kind: f"{kind}/"),
    st.builds("projects/{}/{}/".format, project_ids, st.sampled_from(sorted(PROJECT_KINDS))),
)
#: Texts that look like paths; some are, some only nearly.
path_like = st.one_of(st.builds("{}{}".format, places, nasty_text), nasty_text)
