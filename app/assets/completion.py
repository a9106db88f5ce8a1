"""What completing an upload means, whoever asks for it: ``/v1``, Uppy's ``/s3``, the event worker.

An object that has come is judged, its owner's quota takes it in, and the back end hears of it. What
may not stay is reported before it is removed: once it is gone nobody could judge it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from app.assets.metrics import COMPLETED
from app.assets.verification import Verdict, Verifier
from app.domain.actors import USER, Actor, ActorType
from app.domain.assets import StoredObject
from app.domain.errors import QuotaExceeded, UploadRejected
from app.domain.events import owner_of
from app.domain.paths import AssetPath, Root
from app.domain.previews import is_preview, preview_owner
from app.domain.principal import Principal
from app.limits.quota import Quota
from app.s3.objects import Objects
from app.signing.marks import ActorMarks, CopyMarks


class Reporter(Protocol):
    """Hears of every object that a caller had verified."""

    def verified(self, found: StoredObject, reason: str | None, actor: Actor | None) -> None:
        """``reason`` says why ``found`` is about to be removed, None for a good one; ``actor`` who
        wrote it, None where nobody knows."""


class Silent:
    """The reporter of a gateway that has nobody to tell."""

    def verified(self, found: StoredObject, reason: str | None, actor: Actor | None) -> None:
        """Nobody listens."""


class Arrival(NamedTuple):
    """What the event worker finds: the object, why it must go, if it must, and who wrote it.
    ``by_gateway``: it is a copy, or was restored."""

    found: StoredObject
    reason: str | None
    is_current: bool
    from_browser: bool
    actor: Actor | None
    by_gateway: bool = False


class Completion:
    """Takes objects in, or removes them."""

    def __init__(
        self,
        verifier: Verifier,
        objects: Objects,
        quota: Quota,
        reporter: Reporter,
        copy_marks: CopyMarks,
        actors: ActorMarks,
    ) -> None:
        self._verifier = verifier
        self._objects = objects
        self._quota = quota
        self._reporter = reporter
        self._copy_marks = copy_marks
        self._actors = actors

    def take_in(
        self,
        principal: Principal,
        key: str,
        judge: Callable[[], Verdict],
        *,
        mark: str,
        urls_end: bool,
    ) -> StoredObject:
        """The object that the upload of this ``mark`` brought to ``key``, once it is found good.

        ``urls_end``: no URL of the upload works any more (multipart), so that what was held for it
        is free when it is refused. Raises what ``judge`` does, ``UploadRejected`` after removing a
        bad object, ``QuotaExceeded`` after removing one that nobody has room for.
        """
        try:
            found = self._refuse_bad(judge())
        except UploadRejected:
            if urls_end:
                self._quota.release(principal, key, mark=mark)
            raise
        self._quota.settle(
            principal,
            found,
            mark=mark,
            remove=lambda: self._objects.delete_version(found),
            multipart=urls_end,
        )
        COMPLETED.inc(found.size)
        return found

    def verify(self, principal: Principal, path: AssetPath) -> StoredObject:
        """The object at ``path``, which came without completion, once it obeys its kind's rules.

        Raises ``NotFound``, or ``UploadRejected``: a marked object is removed first, one that a
        back end wrote stays.
        """
        try:
            found = self._refuse_bad(self.judge(principal, path))
        finally:
            # It came without the gateway's knowledge, or is removed. What Uppy reserved for it
            # stays held: its form can still be replayed, with more bytes.
            self._quota.changed(principal.sub)
        COMPLETED.inc(found.size)
        return found

    def judge(self, principal: Principal, path: AssetPath) -> Verdict:
        """What the object at ``path`` is worth by its kind's rules; ``NotFound``."""
        return self._verifier.judge_object(Root(principal.sub).key(path), path)

    def judge_arrival(
        self, key: str, version_id: str | None, *, wrote_for_browser: Callable[[], bool]
    ) -> Arrival | None:
        """What an object that the bucket tells of, asset or preview, is worth, its owner's quota
        included.

        None when it is gone. What the gateway itself copied or restored was judged then, and is
        not judged again (T52). ``wrote_for_browser`` tells whether credentials that browsers get
        wrote the object. Nothing is removed: the report has to be safe before the object goes.
        Raises ``UploadIncomplete``, ``StorageUnavailable``.
        """
        root, path = preview_owner(key) or owner_of(key)
        verdict = self._verifier.judge_version(key, path, version_id)
        if verdict is None:
            return None
        found, reason = verdict.found, verdict.reason
        actor = self._actor_of(found, wrote_for_browser)
        if self._copy_marks.fits(found.mark, key, found.size) and not wrote_for_browser():
            return Arrival(found, None, verdict.is_current, True, actor, by_gateway=True)
        from_browser = found.mark is not None or wrote_for_browser()
        if from_browser and reason is None and verdict.is_current:
            reason = self._over_quota(root.sub, found)
        return Arrival(found, reason, verdict.is_current, from_browser, actor)

    def recall(self, key: str, version_id: str | None) -> Arrival | None:
        """What an object that was judged when it came is worth now, by its kind's rules alone.

        None when it is gone. Who asks again removes nothing: a quota or a limit that was lowered
        since is not for what is there. Who wrote without a mark is not known any more. Raises
        ``StorageUnavailable``.
        """
        _, path = owner_of(key)
        verdict = self._verifier.judge_version(key, path, version_id)
        if verdict is None:
            return None
        found = verdict.found
        reason = None if self._copy_marks.fits(found.mark, key, found.size) else verdict.reason
        from_browser = found.mark is not None
        return Arrival(found, reason, verdict.is_current, from_browser, self._actor_of(found))

    def remove(self, found: StoredObject) -> None:
        """Remove a refused object, and whatever the same form was replayed into below it."""
        self._verifier.remove(found)

    def exists(self, key: str) -> bool:
        """Whether ``key`` leads to an object now."""
        return self._objects.head(key) is not None

    def _refuse_bad(self, verdict: Verdict) -> StoredObject:
        found, reason = verdict.found, verdict.reason
        if not is_preview(found.key):
            # No event is about a preview alone.
            self._reporter.verified(found, reason, self._actor_of(found))
        if reason is None:
            return found
        if found.mark is not None:
            self._verifier.remove(found)
        raise UploadRejected(reason)

    def _actor_of(
        self, found: StoredObject, wrote_for_browser: Callable[[], bool] = lambda: False
    ) -> Actor | None:
        """Who wrote ``found``; None for what came past the gateway.

        A mark that says somebody else did is the user's own doing where the user's credentials
        wrote it: they may write any metadata, over an object whose mark was read (T61).
        """
        if found.mark is None:
            return USER if wrote_for_browser() else None
        actor = self._actors.read(found.mark, found.key)
        return actor if actor.type is ActorType.USER or not wrote_for_browser() else USER

    def _over_quota(self, sub: str, found: StoredObject) -> str | None:
        try:
            self._quota.admit(sub, found)
        except QuotaExceeded as over:
            return f"The storage quota is exceeded: {over.detail}"
        return None
