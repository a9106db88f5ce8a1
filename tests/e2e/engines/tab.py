"""A tab of any engine, used as a person uses it: by what is seen, with real clicks and keys."""

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.engines.wires import ELEMENT, Driver, DriverError

PATIENCE_SECONDS = 60
#: What passes: the page moved meanwhile.
PASSING = {
    "element click intercepted",
    "element not interactable",
    "no such element",
    "stale element reference",
    "javascript error",
}
RUN = """const done = arguments[arguments.length - 1];
(async () => (%s)(...[...arguments].slice(0, -1)))().then(
  (value) => done({ value }), (error) => done({ error: `${error?.stack ?? ''} ${error}` }));"""
# What is seen, shadow trees included: whose `name` or text is or contains what is asked for.
FIND = """(css, name, exact, hidden) => {
  const all = (root) => [...root.querySelectorAll('*')].flatMap(
    (one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  const named = (one) => (one.getAttribute('aria-label')
    ?? one.labels?.[0]?.textContent ?? one.textContent).trim().replace(/\\s+/g, ' ');
  return all(document).filter((one) => one.matches(css)
    && (hidden || one.getClientRects().length > 0)
    && (exact ? named(one) === name : named(one).includes(name))).at(-1) ?? null;
}"""


# The first that matches, shadow trees included.
DEEP = """(css) => {
  const all = (root) => [...root.querySelectorAll('*')].flatMap(
    (one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  return all(document).find((one) => one.matches(css)) ?? null;
}"""


INTO_SIGHT = """(one) => {
  one.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
}"""


class Tab:
    """`cut` takes the network away and gives it back; without it scripts are told so, and the
    test must cut the line itself."""

    def __init__(
        self,
        driver: Driver,
        cut: Callable[[bool], None] | None = None,
    ) -> None:
        self._driver = driver
        self._cut = cut
        seconds = {"script": 150_000, "pageLoad": 60_000, "implicit": 0}
        driver.call("SetTimeouts", **seconds)

    def goto(self, url: str) -> None:
        self._driver.call("Navigate", url=url)

    def reload(self) -> None:
        self._driver.call("Refresh")

    def run(self, function: str, *given: Any) -> Any:
        """What the page's `function` gives or resolves to; raises AssertionError if it throws."""
        ended = self._driver.call("ExecuteAsyncScript", script=RUN % function, args=list(given))
        assert "error" not in ended, ended["error"]
        return ended.get("value")

    def run_module(self, source: str) -> None:
        """Add the script to the page, which has to allow that; it may still be running after."""
        self.run(
            """(source) => {
              const script = document.createElement('script');
              script.type = 'module';
              script.textContent = source;
              document.head.append(script);
            }""",
            source,
        )

    def until(self, function: str, *given: Any, seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait until `function` gives what is true; that."""
        deadline = time.monotonic() + seconds
        while True:
            # While a page is left for another, scripts fail.
            try:
                value = self.run(function, *given)
            except DriverError as error:
                if error.code not in PASSING or time.monotonic() > deadline:
                    raise
                value = None
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not so after {seconds:.0f} s: {function} {given}; {self.text()}"
                )
            time.sleep(0.05)

    def see(self, words: str, css: str = "*", *, seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait for a visible element that has these words."""
        return self.until(FIND, css, words, False, False, seconds=seconds)

    def miss(self, words: str, css: str = "*") -> None:
        """Wait until nothing that is seen has these words."""
        self.until(f"(...given) => !({FIND})(...given)", css, words, False, False)

    def click(self, name: str, css: str = "button, a, summary", *, exact: bool = True) -> None:
        self._with((css, name, exact, False), "ElementClick")

    def type(self, label: str, text: str) -> None:
        self._with(("input, textarea", label, True, False), "ElementSendKeys", text=text)

    def choose(self, css: str, *files: Path) -> None:
        """Give files to the input, as its dialog would."""
        # Not every driver types into what is not seen.
        self.run(f"(css) => {{ ({DEEP})(css).hidden = false; }}", css)
        names = "\n".join(map(str, files))
        self._with((css, "", False, False), "ElementSendKeys", text=names)
        # The page may have something else in its place by now.
        self.run(f"(css) => {{ ({DEEP})(css)?.setAttribute('hidden', ''); }}", css)

    def offline(self, gone: bool) -> None:
        """Take the network away, or give it back."""
        if self._cut:
            self._cut(gone)
            return
        self.run(
            """(gone) => {
              Object.defineProperty(navigator, 'onLine', { value: !gone, configurable: true });
              dispatchEvent(new Event(gone ? 'offline' : 'online'));
            }""",
            gone,
        )

    def text(self) -> str:
        """What the page says, for whoever reads why a test failed."""
        return str(self.run("() => document.body?.innerText ?? ''"))

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._driver.call("TakeScreenshot")))

    def _with(self, found: tuple[Any, ...], command: str, **given: Any) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            element = self.until(FIND, *found)
            try:
                # A card below the window's edge has nothing drawn in it yet (content-visibility):
                # WebKit's driver does not scroll to it, and calls it "not interactable".
                self.run(INTO_SIGHT, element)
                self._driver.call(command, id=element[ELEMENT], **given)
                return
            except DriverError as error:
                if error.code not in PASSING or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
