"""How commands reach a browser: WebDriver over HTTP, or Marionette, which is how Firefox says it.

The commands are those of W3C WebDriver (https://www.w3.org/TR/webdriver2/), by the names that
Marionette gives them; geckodriver, which Debian lacks, would only translate.
"""

import json
import socket
from typing import Any, Protocol

import urllib3

#: Longer than any script may take.
ANSWER_SECONDS = 90
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
#: Command -> method and path below the session's.
ROUTES = {
    "Navigate": ("POST", "url"),
    "Refresh": ("POST", "refresh"),
    "SetTimeouts": ("POST", "timeouts"),
    "SetWindowRect": ("POST", "window/rect"),
    "ExecuteAsyncScript": ("POST", "execute/async"),
    "ElementClick": ("POST", "element/{id}/click"),
    "ElementSendKeys": ("POST", "element/{id}/value"),
    "TakeScreenshot": ("GET", "screenshot"),
}


class DriverError(Exception):
    """What a driver answered instead: `code` is one of WebDriver's, as "no such element"."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Driver(Protocol):
    """One session of one browser."""

    def call(self, command: str, **given: Any) -> Any:
        """Do `command` of `ROUTES`; raises DriverError."""


class HttpDriver:
    """A session at chromedriver or WebKitWebDriver."""

    def __init__(self, address: str, capabilities: dict[str, Any]) -> None:
        self._http = urllib3.PoolManager(retries=False, timeout=ANSWER_SECONDS)
        self._address = address
        wanted = {"capabilities": {"alwaysMatch": capabilities}}
        session = self._ask("POST", "/session", wanted)["sessionId"]
        self._session = f"/session/{session}"

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        answer = self._http.request(method, self._address + path, json=body)
        value = answer.json()["value"]
        if answer.status >= 400:
            raise DriverError(value["error"], value["message"])
        return value

    def call(self, command: str, **given: Any) -> Any:
        method, path = ROUTES[command]
        route = f"{self._session}/{path.format(id=given.pop('id', ''))}"
        return self._ask(method, route, given if method == "POST" else None)

    def extend(self, path: str, body: dict[str, Any]) -> Any:
        """What this driver can do beside the standard."""
        return self._ask("POST", f"{self._session}/{path}", body)

    def end(self) -> None:
        self._ask("DELETE", self._session, None)
        self._http.clear()


class Marionette:
    """A session of Firefox: each message is its length, a colon, and [type, id, …] in JSON."""

    def __init__(self, port: int, capabilities: dict[str, Any]) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        self._stream = self._socket.makefile("rb")
        self._sent = 0
        self._read()  # it greets
        # geckodriver has matched them by now: Marionette takes them as they are.
        self.ask("WebDriver:NewSession", capabilities)

    def _read(self) -> Any:
        digits = b""
        while (byte := self._stream.read(1)) != b":":
            if not byte:
                raise DriverError("invalid session id", "Firefox hung up")
            digits += byte
        return json.loads(self._stream.read(int(digits)))

    def ask(self, command: str, given: dict[str, Any]) -> Any:
        self._sent += 1
        message = json.dumps([0, self._sent, command, given]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, number, error, result = self._read()
        assert number == self._sent
        if error:
            raise DriverError(error["error"], error["message"])
        # Some answers are wrapped in a "value", as all are over HTTP.
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def call(self, command: str, **given: Any) -> Any:
        return self.ask(f"WebDriver:{command}", given)

    def end(self) -> None:
        self._stream.close()
        self._socket.close()
