"""The HTTP API, one blueprint a resource.

Law of this layer:
1. A view reads top-down: typed input, domain, services, answer; at most ten lines or so.
2. No view reads ``request.json``; schemas do (``app/schemas``).
3. No view renders an error; it raises a ``Problem`` (``problems.py`` renders).
4. Every route needs a token unless its endpoint is in ``PUBLIC_ENDPOINTS``.
5. Answers with signed URLs are ``no-store`` (``answers.py``).
"""
