"""Going through pages in a real browser, each loaded once for all that is looked at: wide, then narrow, then sent wrong."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser.walks import Look, session_of

AXE = Path(__file__).resolve().parent.parent / "data" / "axe.min.js"
SIZES = {"wide": (1280, 900), "narrow": (320, 800)}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
"""Of WCAG to 2.2 AA, target size among it, and axe's own best practice."""
BY_WIDTH = ["target-size", "scrollable-region-focusable", "link-in-text-block", "aria-hidden-focus"]
"""What may be well on a wide window and not on a narrow one: the page is the same, only laid out anew."""
TOO_LONG = {
    "input": "Featherstonehaugh-Cholmondeley " * 12,
    "textarea": "They said that they would ring again. " * 540,
}
"""Longer than any box takes."""
BROKEN_WORDS = """() => {
  const found = [];
  for (const cell of document.querySelectorAll(".govuk-table td, .govuk-table th")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node; (node = texts.nextNode()); )
      for (const word of node.data.matchAll(/[^\\s@]+(?=\\s|$)/g)) {
        if (word[0].length > 20 || node.data[word.index - 1] === "@") continue;
        const range = document.createRange();
        for (const part of word[0].matchAll(/[^-/]+/g)) {
          range.setStart(node, word.index + part.index);
          range.setEnd(node, word.index + part.index + part[0].length);
          const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
          if (lines.size > 1) found.push(part[0]);
        }
      }
  }
  return found;
}"""
"""The words in tables that are broken in the middle; addresses, and words longer than 20 letters, may be."""
SEND_WRONG = """(tooLong) => {
  const form = document.querySelector("main form[method=post]:has(.govuk-form-group):not([hidden] form)");
  for (const box of form.querySelectorAll("textarea")) box.value = tooLong.textarea;
  for (const box of form.querySelectorAll("input[type=text], input:not([type])")) box.value = tooLong.input;
  form.querySelector("button[type=submit], button:not([type])").click();
}"""
"""Fills every box for text with more than it takes, leaves the rest as it is, and sends the form."""
COLOURED_BY = """() => {
  const found = new Set();
  for (const start of document.querySelectorAll("body *")) {
    if (![...start.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
    let chain = "";
    for (let it = start; it !== document.body; it = it.parentElement)
      chain += `<${it.localName} ${it.getAttribute("class") || ""} ${it.getAttribute("aria-current") || ""}`;
    found.add(chain);
  }
  return [...found];
}"""
"""What gives each text its colours: its own element and all around it, by name and class. No page has colours of its own."""
Found = tuple[str, Any]
"""(name of the page and its size, what is wrong with it)"""


class Walk:
    """One walk: what is wrong with the pages, and what the browser itself complained of."""

    def __init__(self, browser: Browser, address: str, pictures: Path | None = None) -> None:
        self.address, self.pictures = address, pictures
        self.wrong: list[Found] = []
        self.complaints: list[Found] = []
        self.seen: dict[str, Any] = {}
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.axe = AXE.read_text()
        self.sessions: dict[str, str] = {}
        self.coloured: set[str] = set()
        self.now = ""

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append((self.now, message.text))

    def through(self, looks: Iterable[Look], also: dict[str, Callable[[Page], Any]] | None = None) -> "Walk":
        """Look at each. `also` asks more of a page of that name, while it is narrow; what it answers is kept in `seen`."""
        met: set[str] = set()
        for look in looks:
            self._become(look.who)
            self.now = look.name
            answer = self.page.goto(self.address + look.path)
            if answer is None or answer.status != look.status:
                self.wrong.append((look.name, f"answered {answer and answer.status}, not {look.status}"))
                continue
            self._look(look.name, "wide", rules=None)
            # The menu of a phone is the same on all pages of a person: all rules look at it once.
            self._look(look.name, "narrow", rules=BY_WIDTH if look.who in met else None)
            met.add(look.who)
            if also and look.name in also:
                self.seen[look.name] = also[look.name](self.page)
            if look.is_sent_wrong:
                self._send_wrong(look.name)
        self.context.close()
        return self

    def _become(self, who: str) -> None:
        """Sign the person in by a session of their own, as it would be after both factors."""
        self.context.clear_cookies()
        if who:
            key = self.sessions.get(who) or self.sessions.setdefault(who, session_of(who))
            self.context.add_cookies([{"name": "sessionid", "value": key, "url": self.address}])

    def _send_wrong(self, name: str) -> None:
        name = f"{name}-sent-wrong"
        with self.page.expect_navigation():
            self.page.evaluate(SEND_WRONG, TOO_LONG)
        summary = self.page.locator(".govuk-error-summary")
        if summary.count() != 1 or not summary.evaluate("it => it === document.activeElement"):
            self.wrong.append((name, "has no summary of what is wrong, or the keyboard is not there"))
        if not self.page.title().startswith("Error: "):
            self.wrong.append((name, "does not say so in its title"))
        self._look(name, "narrow", rules=None)
        self._fits(name, "wide")

    def _look(self, name: str, size: str, *, rules: list[str] | None) -> None:
        """All that is looked at in one size; axe by those rules alone, or by all that there are."""
        self._fits(name, size)
        self.wrong += [(f"{name}, {size}", found) for found in self._axe(rules)]

    def _fits(self, name: str, size: str) -> None:
        """Whether it must be scrolled sideways, or breaks a word in a table."""
        page, (width, height) = self.page, SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        if self.pictures:
            page.screenshot(path=self.pictures / f"{name}-{size}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.wrong.append((f"{name}, {size}", "is wider than its window"))
        if broken := page.evaluate(BROKEN_WORDS):
            self.wrong.append((f"{name}, {size}", f"breaks words: {broken[:5]}"))

    def _axe(self, rules: list[str] | None) -> list[Any]:
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(self.axe)
        more: dict[str, Any] = {}
        if rules is None:
            chains = set(self.page.evaluate(COLOURED_BY))
            # Comparing colours is most of the work: once for each way in which a text can come by them.
            more = {
                "target-size": {"enabled": True},
                "color-contrast": {"enabled": not chains <= self.coloured},
            }
            self.coloured |= chains
        options = {
            "runOnly": {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS},
            "rules": more,
            "resultTypes": ["violations"],  # what is well is not described
            "preload": False,  # no style sheet or film is fetched once more
        }
        found = self.page.evaluate("options => axe.run(document, options)", options)["violations"]
        return [(one["id"], one["help"], [node["target"] for node in one["nodes"]][:3]) for one in found]
