"""The dashboard and the report as a person meets them: in a browser, beside a daemon on the example run.

    ALPHARL_TEST_PICTURES=DIR python3 -m unittest discover Tests/Browser

Pictures of what was seen are left in that folder (default .build/pictures).
"""
import html.parser
import json
import os
import subprocess
import time
import unittest
from pathlib import Path

from beside import PROGRAM, ROOT, Beside
from chromium import Chromium
from forwarding import Forwarding
from large_run import LargeRun

PICTURES = Path(os.environ.get("ALPHARL_TEST_PICTURES", ROOT / ".build" / "pictures"))
LIVE = "document.getElementById('live').className.includes('on')"
# Texts of one picture whose boxes overlap by more than a pixel each way, or that lie outside their card.
CLUMSY = """[...document.querySelectorAll('svg.chart')].flatMap((chart) => {
    const card = chart.closest('.card').getBoundingClientRect();
    const texts = [...chart.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
    const overlapping = texts.flatMap(([a, p], index) => texts.slice(index + 1).filter(([, q]) =>
        Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 2)
        .map(([b]) => `${chart.getAttribute('aria-label').slice(0, 30)}: "${a}" and "${b}"`));
    const outside = texts.filter(([, p]) => p.left < card.left || p.right > card.right).map(([a]) => `outside: "${a}"`);
    return [...overlapping, ...outside];
})"""


class DashboardTests(unittest.TestCase):
    """One daemon with eleven checkpoints, and one browser, for all of these."""

    @classmethod
    def setUpClass(cls):
        PICTURES.mkdir(parents=True, exist_ok=True)
        cls.run_ = cls.enterClassContext(Beside(264))
        cls.daemon = cls.run_.daemon
        predictions = cls.daemon.get("/v1/predictions")["predictions"]
        cls.daemon.post("/v1/metrics", {"prediction": predictions[0]["id"], "accuracy": 0.661})
        cls.browser = cls.enterClassContext(Chromium())
        cls.address = cls.enterClassContext(Forwarding(cls.run_.socket)).address

    def page(self, path="/", **how):
        page = self.browser.open(self.address + path, **how)
        page.wait("document.readyState === 'complete'")
        if how.get("script", True):
            page.wait(LIVE)
        self.addCleanup(page.close)
        return page

    def assertQuiet(self, page):
        self.assertEqual(page.complaints(), [])

    def test_every_view_is_there_and_nothing_else_is_asked(self):
        page = self.page()
        self.assertEqual(page.run("document.querySelector('h1').textContent"), "addition-grpo")
        self.assertEqual(page.run("document.querySelectorAll('svg.chart').length"), 6)
        self.assertEqual(page.run("document.querySelectorAll('.cells a').length"), 21)
        shown = page.run("document.getElementById('view-accuracy').textContent")
        self.assertRegex(shown, "accuracy: eval_accuracy.*reward, mean of 5 logged steps")
        asked = [told["request"]["url"] for told in page.told("Network.requestWillBeSent")]
        self.assertGreater(len(asked), 8)
        self.assertEqual([url for url in asked if not url.startswith(self.address)], [])
        self.assertQuiet(page)

    def test_pictures_are_tidy_in_every_size_and_colour(self):
        for width in (360, 800, 1280, 1800):
            for scheme in ("light", "dark"):
                with self.subTest(width=width, scheme=scheme):
                    page = self.page(width=width, height=900, scheme=scheme)
                    page.picture(PICTURES / f"dashboard-{width}-{scheme}.png")
                    self.assertLessEqual(page.run("document.documentElement.scrollWidth"), width)
                    self.assertEqual(page.run(CLUMSY), [])
                    page.close()

    def test_inks_can_be_read_on_their_papers(self):
        for scheme in ("light", "dark"):
            page = self.page(scheme=scheme)
            colours = page.run("""Object.fromEntries(['ink', 'quiet', 'first', 'second', 'emitted', 'level', 'alarm', 'card',
                'paper', 'alarm-paper'].map((name) => [name, getComputedStyle(document.body).getPropertyValue(`--${name}`)]))""")
            for ink in ("ink", "quiet", "first", "second", "emitted", "level", "alarm"):
                with self.subTest(scheme=scheme, ink=ink):
                    self.assertGreaterEqual(contrast(colours[ink], colours["card"]), 4.5)
            self.assertGreaterEqual(contrast(colours["alarm"], colours["alarm-paper"]), 4.5)

    def test_numbers_on_the_map_can_be_read_on_every_shade(self):
        for scheme in ("light", "dark"):
            page = self.page(scheme=scheme)
            colours = page.run("""Object.fromEntries(['on-low', 'on-high', ...[...'0123456789'].flatMap((i) => ['r' + i, 'd' + i])]
                .map((name) => [name, getComputedStyle(document.body).getPropertyValue(`--${name}`)]))""")
            for shade in range(10):
                ends = {"r": shade >= 5, "d": shade in (0, 1, 8, 9)}
                for kind, is_strong in ends.items():
                    with self.subTest(scheme=scheme, shade=f"{kind}{shade}"):
                        ink = colours["on-high" if is_strong else "on-low"]
                        self.assertGreaterEqual(contrast(colours[f"{kind}{shade}"], ink), 4.5)

    def test_a_module_is_opened_by_keyboard_and_back_leads_back(self):
        page = self.page()
        before = page.run("document.getElementById('module-title').textContent")
        page.run("document.querySelector('.cells a').focus()")
        for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
            page.press(key)
        focused = page.run("document.activeElement.getAttribute('aria-label')")
        self.assertRegex(focused, r"^layer 1, self_attn.v_proj: energy share 0\.\d\d")
        page.press("Enter")
        title = "document.getElementById('module-title').textContent"
        page.wait(f"{title} === 'model.layers.1.self_attn.v_proj.weight'")
        self.assertEqual(page.run("document.activeElement.id"), "module-title")
        self.assertEqual(page.run("location.search"), "?module=model.layers.1.self_attn.v_proj.weight")
        self.assertEqual(page.run("document.querySelectorAll('.cells [aria-current]').length"), 1)
        page.run("history.back()")
        page.wait(f"{title} === {json.dumps(before)}")
        self.assertQuiet(page)

    def test_the_map_shows_another_measure_without_the_script(self):
        page = self.page(script=False)
        colour = "getComputedStyle(document.querySelector('.cells .cell')).backgroundColor"
        page.send("Emulation.setScriptExecutionDisabled", value=False)
        energy = page.run(colour)
        page.click("#measure-unchanged")
        page.wait(f"{colour} !== {json.dumps(energy)}")
        self.assertEqual(page.run("getComputedStyle(document.querySelector('.legend-unchanged')).display"), "flex")

    def test_a_path_is_copied(self):
        self.browser.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
                          origin=self.address)
        page = self.page()
        page.send("Page.bringToFront")
        page.click("button[data-copy]")
        page.wait("['Copied', 'Selected'].includes(document.querySelector('button[data-copy]').textContent)")
        newest = self.daemon.get("/v1/predictions")["predictions"][-1]["path"]
        self.assertEqual(page.run("navigator.clipboard.readText()"), newest)

    def test_a_screen_reader_finds_names_and_numbers(self):
        page = self.page()
        nodes = page.send("Accessibility.getFullAXTree")["nodes"]
        named = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
        for role, name in named:
            if role in ("link", "button", "image", "img", "figure", "radio", "heading", "region", "navigation"):
                self.assertTrue(name.strip(), f"a {role} has no name")
        pictures = [name for role, name in named if role in ("image", "img")]
        self.assertTrue(any(name.startswith("Confidence and proven horizon") for name in pictures), pictures)
        opened = page.run("[...document.querySelectorAll('summary')].map((one) => one.textContent)")
        self.assertEqual(len(set(opened)), len(opened), f"each says what it opens: {opened}")
        levels = page.run("[...document.querySelectorAll('h1, h2, h3, h4')].map((h) => Number(h.tagName[1]))")
        self.assertEqual(levels[0], 1)
        self.assertTrue(all(next_ <= level + 1 for level, next_ in zip(levels, levels[1:])), levels)

    def test_it_is_readable_without_the_script(self):
        page = self.browser.open(self.address + "/", script=False)
        self.addCleanup(page.close)
        page.send("Emulation.setScriptExecutionDisabled", value=False)
        page.wait("document.readyState === 'complete'")
        self.assertIn("needs JavaScript", page.run("document.getElementById('live').textContent"))
        self.assertEqual(page.run("document.querySelectorAll('svg.chart').length"), 6)

    def test_a_foreign_page_learns_nothing_and_changes_nothing(self):
        page = self.browser.open("data:text/html,<h1>elsewhere</h1>")
        self.addCleanup(page.close)
        page.wait("document.readyState === 'complete'")
        found = page.run(f"""Promise.all([
            fetch('{self.address}/v1/status').then((a) => a.text(), (e) => 'refused'),
            fetch('{self.address}/v1/predictions', {{method: 'POST', mode: 'no-cors', body: '{{"force": true}}'}})
                .then((a) => a.type, (e) => 'refused')])""")
        self.assertEqual(found[0], "refused")
        self.assertIn(found[1], ("opaque", "refused"))
        self.assertFalse(any(one["forced"] for one in self.daemon.get("/v1/predictions")["predictions"]))


class LiveTests(unittest.TestCase):
    """What happens while somebody looks."""

    def test_it_follows_the_run_and_comes_back_after_a_restart(self):
        with Beside(144) as run, Chromium() as browser, Forwarding(run.socket) as port:
            page = browser.open(port.address)
            page.wait(LIVE)
            overview = "document.getElementById('view-overview').textContent"
            self.assertIn("steps 24 to 144", page.run(overview))
            page.run("document.querySelector('#view-confidence details').open = true")
            prediction = self.first_prediction(run)
            page.wait(f"{overview}.includes('newest for step {prediction['step']}')")
            page.wait("document.getElementById('view-predictions').textContent.includes("
                      f"'step {prediction['step']} from step {prediction['from_step']}')")
            self.assertTrue(page.run("document.querySelector('#view-confidence details').open"), "what was open stays open")
            run.daemon.post("/v1/metrics", {"prediction": prediction["id"], "accuracy": 0.66125})
            page.wait(f"document.getElementById('view-accuracy').textContent.includes('#{prediction['id']} 0.661')")
            run.stop()
            page.wait("document.getElementById('live').textContent.includes('Connection lost')")
            page.picture(PICTURES / "connection-lost.png")
            run.start()
            newest = run.add_next()
            page.wait(f"{LIVE} && {overview}.includes('steps 24 to {newest}')", limit=40)
            told = [entry for entry in page.complaints() if "ERR_" not in entry]
            self.assertEqual(told, [], "but for the lost connection nothing went wrong")


    def first_prediction(self, run):
        """Adds checkpoints until the daemon has emitted something."""
        while not (found := run.daemon.get("/v1/predictions")["predictions"]):
            run.add_next()
        return found[0]


class FewCheckpointsTests(unittest.TestCase):
    """Before there is much to see, every view says what will be there."""

    WAITING = "[...document.querySelectorAll('.awaited')].map((box) => box.textContent)"

    def test_empty_places_say_what_will_come(self):
        with Beside(0) as run, Chromium() as browser, Forwarding(run.socket) as port:
            page = browser.open(port.address, width=1280)
            page.wait(LIVE)
            self.assertEqual(len(page.run(self.WAITING)), 3)
            self.assertIn("alpharl doctor", page.run("document.querySelector('.overview .next').textContent"))
            page.picture(PICTURES / "no-checkpoint.png")
            run.add_next()
            # No curve of one point, but the accuracy and the spectrum.
            page.wait(f"{self.WAITING}.length === 4 && document.querySelectorAll('svg.chart').length === 2")
            self.assertTrue(all(len(text) > 30 for text in page.run(self.WAITING)))
            page.picture(PICTURES / "one-checkpoint.png")
            self.assertEqual(page.complaints(), [])


class LargeRunTests(unittest.TestCase):
    def test_twenty_thousand_modules_stay_fluid(self):
        with LargeRun(modules=20_000) as run, Chromium() as browser, Forwarding(run.socket) as port:
            began = time.monotonic()
            page = browser.open(port.address, width=1400)
            page.wait("document.readyState === 'complete'", limit=60)
            loaded = time.monotonic() - began
            page.wait(LIVE, limit=60)
            live = time.monotonic() - began
            page.picture(PICTURES / "large-run.png")
            # What the browser has to do while somebody walks over the map: less than a frame (16 ms) for each key.
            page.run("document.querySelector('.cells a').focus()")
            before = page.work()
            keys = ["ArrowRight"] * 30 + ["ArrowDown"] * 4
            for key in keys:
                page.press(key)
            self.assertRegex(page.run("document.activeElement.getAttribute('aria-label')"), "^layer 30, mlp.experts")
            effort = 1000 * (page.work() - before) / len(keys)
            began = time.monotonic()
            page.press("Enter")
            page.wait("document.activeElement.id === 'module-title'", limit=30)
            opened = time.monotonic() - began
            size = page.run("document.documentElement.outerHTML.length")
            fetched = sum(one["encodedDataLength"] for one in page.told("Network.loadingFinished"))
            asked = len(page.told("Network.requestWillBeSent"))
            print(f"20,000 modules: readable after {loaded:.2f} s, live after {live:.2f} s, a module {opened:.2f} s, a key "
                  f"{effort:.1f} ms of the browser, {size >> 10} KiB of page, {fetched >> 10} KiB fetched in {asked} requests")
            report = run.place / "report.html"
            subprocess.run([PROGRAM, "report", "--socket", run.socket, "-o", report], check=True)
            print(f"its report: {report.stat().st_size >> 10} KiB")
            self.assertLess(fetched, 1 << 20)
            self.assertLess(report.stat().st_size, 1 << 20)
            self.assertIn("20,000 modules", page.run("document.getElementById('view-map').textContent"))
            self.assertLess(effort, 16)
            self.assertLess(size, 2 << 20)
            self.assertEqual(page.complaints(), [])


class Elements(html.parser.HTMLParser):
    """Names of the elements of a page, and where its attributes lead."""

    def __init__(self, text):
        super().__init__()
        self.names, self.addresses = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.addresses += [value for key, value in attrs if key in ("src", "href", "action", "data")]


class ReportTests(unittest.TestCase):
    def test_one_file_says_the_same_with_and_without_a_daemon(self):
        with Beside(264) as run, Chromium() as browser:
            files = {"daemon": run.place / "daemon.html", "store": run.place / "store.html"}
            report = [PROGRAM, "report", "--module", "model.layers.0.mlp.down_proj.weight"]
            subprocess.run([*report, "--socket", run.socket, "-o", files["daemon"]], check=True)
            run.stop()
            subprocess.run([*report, "--store", run.store, "-o", files["store"]], check=True)
            texts = {name: file.read_text() for name, file in files.items()}
            bodies = [text.partition("<main")[2].partition("<footer>")[0] for text in texts.values()]
            self.assertEqual(bodies[0], bodies[1])
            elements = Elements(texts["store"])
            self.assertFalse({"script", "link", "iframe", "img", "object"} & elements.names)
            self.assertEqual(elements.addresses, [])
            for scheme, width in (("light", 1280), ("dark", 1280), ("light", 420)):
                page = browser.open(f"file://{files['store']}", scheme=scheme, width=width)
                page.wait("document.readyState === 'complete'")
                self.assertEqual(page.run("document.querySelectorAll('svg.chart').length"), 6)
                self.assertEqual(page.run(CLUMSY), [])
                self.assertEqual(page.complaints(), [])
                page.picture(PICTURES / f"report-{width}-{scheme}.png")


def contrast(one, other):
    """Of two colours like #0067a3 (WCAG 2.2, relative luminance)."""
    def luminance(colour):
        parts = [int(colour.strip()[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


if __name__ == "__main__":
    unittest.main()
