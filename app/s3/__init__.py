"""The one client of the store: objects, listings, multipart uploads, versions, deletion.

Law of this layer:
1. Imports ``app.signing`` (it signs its own requests), ``app.http_clients``, ``app.domain`` and
   libraries; boto3 is not one of them (``client`` says why).
2. The error codes that are meant are handled; every other becomes a ``Problem`` (``errors``), and
   so does every answer that is not what was asked for (``answers``, ``xml``, ``headers``).
3. Functions take keys that ``domain.paths`` has made; none builds one from text.
"""
