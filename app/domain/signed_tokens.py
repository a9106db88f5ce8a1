"""How the service's own signed tokens look (``app/signing/tokens.py`` makes them)."""

from __future__ import annotations

#: ``payload.time.MAC``, as itsdangerous writes them: whole ones, and those that were altered a
#: little. No token of S3's or of an identity provider's looks so.
SHAPE = r"\.?[\w-]{24,}\.[\w-]{4,8}\.[\w-]{40,44}"
