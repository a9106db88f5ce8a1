"""The one client of the store: objects, listings, multipart uploads, versions, deletion.

Law of this layer:
1. Imports ``app.signing`` (it signs its own requests), ``app.domain`` and libraries.
2. The one error code that is meant is handled; every other becomes a ``Problem`` (``errors``).
3. Functions take keys that ``domain.paths`` has made; none builds one from text.
"""
