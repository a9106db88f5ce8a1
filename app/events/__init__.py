"""From what S3 says to what a back end is told.

Law of this layer:
1. Imports ``app.aws``, ``app.domain``, ``app.seals`` and ``app.webhooks``; never Flask or settings.
2. Whether an object may stay is judged by ``app.aws.verifier`` alone.
3. Everything may happen twice and in any order; an event's id tells the receiver.
4. A message is deleted after all it led to is done, and never because it failed.
"""
