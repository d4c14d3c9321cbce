"""A headless Chromium, spoken to over the DevTools protocol through a pipe: no port, and no package but the browser.

    with Chromium() as browser:
        page = browser.open("http://localhost:8080/", width=1280, height=900)
        page.wait("document.readyState === 'complete'")
"""
import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


class BrowserError(Exception):
    """The browser did not do what it was asked, in one line."""


class Chromium:
    """One browser process with a profile of its own, gone when the block ends."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="alpharl-chromium-")
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        self._numbers = itertools.count(1)
        self._buffer = b""
        self.events = []
        # The browser reads commands from descriptor 3 and writes answers to 4. The sandbox of Chromium does not run as
        # root; what is opened here is our own page and nothing else.
        command = ["chromium", "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
                   "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb",
                   "--disable-background-networking", f"--user-data-dir={self.profile}", "about:blank"]
        place = ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash"]
        self.process = subprocess.Popen(place + command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, pass_fds=(to_browser, from_browser))
        os.close(to_browser)
        os.close(from_browser)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close")
        except (BrowserError, OSError):
            self.process.kill()
        self.process.wait(20)
        os.close(self._out)
        os.close(self._in)
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, address, width=1280, height=900, scheme="light", script=True):
        """A new page of that size and colour scheme, on its way to `address`."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility", "Performance"):
            page.send(f"{domain}.enable")
        page.resize(width, height)
        page.colours(scheme)
        if not script:
            page.send("Emulation.setScriptExecutionDisabled", value=True)
        page.send("Page.navigate", url=address)
        return page

    def send(self, method, session=None, limit=30, **parameters):
        """The result of one command; events that come meanwhile are kept."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + limit
        while True:
            answer = self._next(deadline, method)
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def _next(self, deadline, method):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self._in, 1 << 20) if ready else b""
            if not piece:
                raise BrowserError(f"{method}: no answer from the browser in time")
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


class Page:
    """One page of the browser."""

    def __init__(self, browser, session):
        self.browser = browser
        self.session = session
        self.is_closed = False

    def send(self, method, **parameters):
        return self.browser.send(method, session=self.session, **parameters)

    def resize(self, width, height):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def colours(self, scheme):
        """`light` or `dark`."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def close(self):
        if not self.is_closed:
            self.is_closed = True
            self.send("Page.close")

    def run(self, expression):
        """The value of a JavaScript expression; promises are awaited."""
        result = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
                           userGesture=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(f"{expression}: {details.get('exception', {}).get('description', details['text'])}")
        return result["result"].get("value")

    def wait(self, expression, limit=30):
        """Until a JavaScript expression is true; its value."""
        deadline = time.monotonic() + limit
        while True:
            try:
                value = self.run(expression)
            except BrowserError as error:
                # The page may be between two documents.
                if time.monotonic() > deadline or "navigat" not in str(error) and "null" not in str(error):
                    raise
                value = None
            if value:
                return value
            if time.monotonic() > deadline:
                raise BrowserError(f"never became true: {expression}")
            time.sleep(0.02)

    def press(self, key, code=None):
        """One key, as a person presses it: `Tab`, `Enter`, `ArrowRight`."""
        codes = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, " ": 32}
        shared = {"key": key, "code": code or key, "windowsVirtualKeyCode": codes[key]}
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **shared, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **shared)

    def click(self, selector):
        """The middle of an element, with the mouse."""
        box = self.run(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView("
                       "{block: 'center'}); const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def picture(self, path, selector=None, form="png"):
        """A picture of the whole page, or of one element with a margin."""
        if selector:
            clip = self.run(f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                            "return {x: b.x + scrollX - 8, y: b.y + scrollY - 8, width: b.width + 16, height: b.height + 16, scale: 1}; })()")
        else:
            size = self.send("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        quality = {"quality": 88} if form == "webp" else {}
        data = self.send("Page.captureScreenshot", format=form, clip=clip, captureBeyondViewport=True, **quality)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def work(self):
        """Seconds that the page has spent in scripts, styles and layout so far."""
        metrics = {one["name"]: one["value"] for one in self.send("Performance.getMetrics")["metrics"]}
        return sum(metrics[name] for name in ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration"))

    def told(self, *methods):
        """What the browser told of this page so far, by method."""
        return [event["params"] for event in self.browser.events
                if event.get("sessionId") == self.session and event["method"] in methods]

    def complaints(self):
        """Errors of scripts, refused requests and breaches of the policy; there should be none."""
        errors = [entry["entry"]["text"] for entry in self.told("Log.entryAdded") if entry["entry"]["level"] == "error"]
        thrown = [entry["exceptionDetails"]["exception"].get("description", "")
                  for entry in self.told("Runtime.exceptionThrown")]
        return errors + thrown
