"""The Grafana dashboard and the alert rules against a real Prometheus that scrapes a real daemon.

    ALPHARL_TEST_PROMETHEUS=PROGRAM python3 -m unittest discover Tests/Prometheus
"""
import json
import re
import signal
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Browser"))
sys.path.insert(0, str(ROOT / "Examples" / "addition-grpo"))

from beside import Beside
from prometheus import Exporter, Prometheus

DASHBOARD = ROOT / "deploy" / "grafana" / "alpharl.json"
# What Grafana's Prometheus data source adds to the fields of the dashboard's schema.
OF_THE_SOURCE = {"definition", "titleFormat"}


def dashboard():
    return json.loads(DASHBOARD.read_text())


def filled(expression, rate="5m"):
    """As Grafana sends it when all machines and runs are chosen."""
    for variable, value in (("$__rate_interval", rate), ("$instance", ".+"), ("$run", ".+")):
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression


def queries():
    """Title and expression of everything that is drawn."""
    described = dashboard()
    for panel in described["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']} ({target['refId']})", target["expr"]
    for annotation in described["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


class QueryTests(unittest.TestCase):
    def test_every_panel_variable_and_annotation_has_data(self):
        """A run with everything that the dashboard tells of: checkpoints, predictions, a score, a killed daemon."""
        began = time.time()
        with Beside(144) as run, Exporter(run.place) as exporter, Prometheus(exporter) as prometheus:
            prometheus.until("two scrapes", lambda: prometheus.query("count_over_time(alpharl_up[1h]) > 1"))
            while not (predictions := run.daemon.get("/v1/predictions")["predictions"]):
                run.add_next()
            run.daemon.post("/v1/metrics", {"prediction": predictions[0]["id"], "accuracy": 0.661})
            prometheus.until("the prediction", lambda: prometheus.query("alpharl_last_prediction_accuracy"))
            run.process.send_signal(signal.SIGKILL)
            run.process.wait()
            prometheus.until("nobody to answer", lambda: prometheus.query("alpharl_up == 0"))
            run.start()
            prometheus.until("the unclean end", lambda: prometheus.query("alpharl_unclean_ends_total == 1"))
            for title, expression in queries():
                with self.subTest(title, expression=expression):
                    # What was scraped within this second is drawn in the next.
                    prometheus.until("something to draw", lambda: prometheus.drawn(filled(expression), since=began), limit=15)
            for variable in dashboard()["templating"]["list"]:
                if variable["type"] == "query":
                    with self.subTest(variable=variable["name"]):
                        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"]).groups()
                        self.assertTrue(prometheus.get(f"label/{label}/values", **{"match[]": filled(selector)}))
            self.check_alerts(prometheus)

    def check_alerts(self, prometheus):
        def rules():
            return {rule["name"]: rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]}

        for name in ("AlpharlPredictionReady", "AlpharlCrashed"):
            prometheus.until(f"{name} to fire", lambda: rules()[name]["state"] == "firing")
        self.assertEqual({name: rule["health"] for name, rule in rules().items() if rule["health"] != "ok"}, {})
        self.assertEqual(rules()["AlpharlNotScraped"]["state"], "inactive")


class SchemaTests(unittest.TestCase):
    """Grafana itself is in no package index that we reach; its own description of dashboards is."""

    def test_grafana_knows_every_field(self):
        from grafana_foundation_sdk.cog import plugins
        from grafana_foundation_sdk.cog.encoder import JSONEncoder
        from grafana_foundation_sdk.models.dashboard import Dashboard

        plugins.register_default_plugins()
        ours = dashboard()
        read = json.loads(json.dumps(Dashboard.from_json(ours), cls=JSONEncoder))
        self.assertEqual([place for place in differences(ours, read) if place.rpartition("/")[2] not in OF_THE_SOURCE], [])

    def test_panels_do_not_overlap_and_say_what_they_show(self):
        taken = {}
        for panel in dashboard()["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            for cell in [(x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])]:
                self.assertIsNone(taken.get(cell), f"{panel['title']} lies over {taken.get(cell)}")
                taken[cell] = panel["title"]
            if panel["type"] != "row":
                self.assertTrue(panel.get("description"), panel["title"])
                self.assertTrue(panel["fieldConfig"]["defaults"].get("unit"), f"{panel['title']} has no unit")


def differences(ours, read, place=""):
    """Where Grafana's reading lacks what we wrote, or says something else."""
    if isinstance(ours, dict) and isinstance(read, dict):
        for key, value in ours.items():
            yield from differences(value, read[key], f"{place}/{key}") if key in read else [f"{place}/{key}"]
    elif isinstance(ours, list) and isinstance(read, list) and len(ours) == len(read):
        for index, (one, other) in enumerate(zip(ours, read)):
            yield from differences(one, other, f"{place}[{index}]")
    elif ours != read:
        yield place


if __name__ == "__main__":
    unittest.main()
