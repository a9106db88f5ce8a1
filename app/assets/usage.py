"""Counting what a user has: S3 is asked, because back ends write to the bucket as well."""

from __future__ import annotations

from collections.abc import Collection

from app.domain.paths import Root
from app.domain.usage import Counted, Tally
from app.s3.listings import Listings


class UsageCounter:
    """Counts by listing: a request for every 1,000 objects, one page in memory at a time."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings

    def count(self, sub: str, watched: Collection[bytes] = ()) -> Counted:
        """The current objects of ``sub``'s, and the sizes of those at ``watched`` places.

        Raises ``StorageError``, ``StorageUnavailable``.
        """
        root = Root(sub)
        tally = Tally(root.prefix, watched)
        token = None
        while True:
            page = self._listings.page(root.prefix, token=token)
            tally.add(page.objects)
            token = page.next_token
            if token is None:
                return tally.counted()
