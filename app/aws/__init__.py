"""The only place with boto3 or a signature.

Law of this layer:
1. Imports ``app.domain`` and libraries; never Flask, never the settings object.
2. One client per service and process, made when first needed (``clients.py``).
3. Only the error code that is meant is translated into a domain ``Problem``.
4. Functions take keys that ``domain.paths`` has made; none builds one from text.
"""
