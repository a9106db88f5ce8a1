"""What a person does on the demo page, in the page's own words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.engines.tab import DEEP, Tab
from tests.e2e.site import Site

#: WebDriver's name of the key.
CONTROL = "\ue009"
CARD = ".card .open"
DIALOG = "dialog[open] button, dialog[open] a"
# How far the only upload that is on its way has come, in bytes.
LOADED = """() => Math.max(0, ...document.querySelector('#uploader').uploads.getSnapshot()
  .items.map(({ sent }) => sent))"""
# Muted: where there is no sound device, some engines play nothing that has sound.
PLAYS = """() => {
  const video = document.querySelector('#gallery').viewer.player.media;
  if (!video) return false;
  if (video.error) throw new Error(`media error ${video.error.code}`);
  if (!video.muted || video.paused) {
    video.muted = true;
    video.play().catch(() => {});
  }
  return video.currentTime > 0.2 && {
    duration: video.duration, height: video.videoHeight, src: video.src };
}"""
SIZE_OF_PICTURE = """() => {
  const shown = document.querySelector('#gallery').viewer.player.shadowRoot.querySelector('img');
  return shown?.complete && shown.naturalWidth;
}"""


@dataclass
class Person:
    tab: Tab
    site: Site

    def sign_in(self) -> None:
        tab = self.tab
        tab.goto(self.site.page)
        tab.type("Email", self.site.email)
        tab.type("Password", self.site.password)
        tab.click("Sign in")
        tab.see("Library", "h2")

    def send(self, *files: Path) -> None:
        self.tab.choose("input[type=file][multiple]:not([webkitdirectory])", *files)

    def upload(self, *files: Path) -> None:
        """All of them, to the end."""
        self.send(*files)
        self.tab.see(f"{len(files)} of {len(files)} finished")

    def open(self, name: str) -> None:
        self.tab.click(name, CARD, exact=False)
        self.tab.see(name, "dialog[open] h2")

    def press(self, name: str) -> None:
        """A button of the dialog that is open."""
        self.tab.click(name, DIALOG)

    def play(self) -> dict[str, Any]:
        """Play the film that is open; what it is."""
        return dict(self.tab.until(PLAYS))

    def pasted(self) -> str:
        """What is in the clipboard, pasted by keys into a field that is put there for it."""
        self.tab.run(
            """() => {
              const field = document.createElement('textarea');
              field.setAttribute('aria-label', 'Paste here');
              const { shadowRoot } = document.querySelector('#gallery');
              const open = shadowRoot.querySelector('dialog[open]');
              (open ?? document.body).prepend(field);
            }"""
        )
        self.tab.type("Paste here", CONTROL + "v")
        text = str(self.tab.until(f"() => ({DEEP})('textarea').value"))
        self.tab.run(f"() => ({DEEP})('textarea').remove()")
        return text

    def when_loaded(self, count: int) -> None:
        self.tab.until(f"(count) => ({LOADED})() >= count", count)
