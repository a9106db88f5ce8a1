"""From what S3 says to what a back end is told.

Law of this layer:
1. Imports ``app.assets``, ``app.aws``, ``app.domain``, signed tokens; never Flask or settings.
2. Whether an object may stay is judged by ``app.assets.verification`` alone.
3. Everything may happen twice and in any order; an event's id tells the receiver.
4. A message is deleted after all it led to is done, and never because it failed.
"""
