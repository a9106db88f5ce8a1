"""One folder's keys: listings of them, and what their names say as numbers."""

from __future__ import annotations

from typing import NamedTuple

from app.assets.newest_survey import DASH, survey
from app.domain.asset_ids import END, FIRST_DIGIT, ID_LENGTH, number_of, position, text_of
from app.s3.listings import Page


class Ask(NamedTuple):
    """One listing: keys behind ``after``, to learn about ids from ``start`` on."""

    start: int
    prefix: str
    after: str
    delimiter: str = ""

    @property
    def is_of_spans(self) -> bool:
        """Whether it asks which spans of time hold something."""
        return self.delimiter == DASH

    @property
    def is_of_ids(self) -> bool:
        """Whether it asks for ids alone, not for their files."""
        return self.delimiter == "/"


class Keys(NamedTuple):
    """Keys below ``prefix``, which are ``{prefix}{asset id}/{file}`` or other names."""

    prefix: str

    def files(self, start: int) -> Ask:
        """The files of all ids from ``start`` on."""
        if start <= 0:
            # The whole folder, in case one answer can hold it.
            return Ask(start, self.prefix, "")
        return self.ids(start)._replace(delimiter="")

    def ids(self, start: int) -> Ask:
        """The ids from ``start`` on."""
        return Ask(start, self.prefix + FIRST_DIGIT, self.prefix + text_of(start), "/")

    def rest(self, start: int, last: str) -> Ask:
        """Of the files of the ids from ``start`` on those behind the key ``last``."""
        return Ask(start, self.prefix + FIRST_DIGIT, last)

    def asset(self, number: int, last: str) -> Ask:
        """One asset's files behind the key ``last``."""
        return Ask(number, f"{self.prefix}{text_of(number)}/", last)

    def spans(self, low: int, high: int) -> Ask | None:
        """The spans of time that hold something, from the id ``low`` on; None where all is within
        one millisecond."""
        wanted = survey(low, high)
        return wanted and Ask(
            wanted.start, self.prefix + wanted.prefix, self.prefix + wanted.after, DASH
        )

    def number(self, key: str) -> int | None:
        """The asset id that ``key`` lies under; None without a timed one."""
        name = key[len(self.prefix) : len(self.prefix) + ID_LENGTH + 1]
        return number_of(name[:-1]) if name.endswith("/") else None

    def names(self, page: Page) -> list[str]:
        """What the folders of an answer are called, without what they end in."""
        return [folder[len(self.prefix) : -1] for folder in page.folders]

    def positions(self, page: Page) -> list[int]:
        """About where the lines of an answer sort among the ids: folders, if it has any."""
        lines = page.folders or [found.key for found in page.objects]
        return [position(line[len(self.prefix) :]) for line in lines]

    def is_cut(self, page: Page, hi: int) -> bool:
        """Whether the answer ends before the id ``hi``, though there is more."""
        last = max([found.key for found in page.objects[-1:]] + page.folders[-1:], default="")
        end = text_of(hi) if hi < END else chr(ord(FIRST_DIGIT) + 1)
        return page.next_token is not None and last < self.prefix + end
