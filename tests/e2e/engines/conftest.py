"""A tab of each engine, at the local stack, used by somebody new."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.engines.launch import ENGINES, missing
from tests.e2e.engines.person import Person
from tests.e2e.engines.tab import Tab
from tests.e2e.site import Site, running_site
from tests.stores.cors import CorsProxy


@pytest.fixture(scope="session")
def shared_lined_site() -> Iterator[Site]:
    with running_site(with_line=True) as running:
        yield running


@pytest.fixture
def site(shared_lined_site: Site) -> Iterator[Site]:
    """In fair weather."""
    line = shared_lined_site.line
    assert line is not None
    line.seen.clear()
    yield shared_lined_site.for_somebody_new()
    line.go_online()
    line.weather.clear()


@pytest.fixture
def line(site: Site) -> CorsProxy:
    assert site.line is not None
    return site.line


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tab(engine: str, tmp_path: Path) -> Iterator[Tab]:
    """The only tab of a browser of its own."""
    folder = tmp_path / "browser"
    folder.mkdir()
    if lacking := missing(engine):
        pytest.skip(f"{' and '.join(lacking)} are missing: `make stores` says how to get them")
    with ENGINES[engine](folder) as tab:
        yield tab


@pytest.fixture
def person(tab: Tab, site: Site) -> Person:
    """Somebody who has just signed in on the page."""
    person = Person(tab, site)
    person.sign_in()
    return person
