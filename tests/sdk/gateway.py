"""The local server and the provider stand-in as processes, and a way to talk to them without an SDK."""

import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
MASTER_KEY = "sk-tests-7c1f0a9be24d4d6f"
PROVIDER_KEY = "sk-provider-0b57e1"

# USD a token: model_prices of gpt-4o and claude-sonnet-4-5.
PRICES = {
    "gpt-4o": (Decimal("0.0000025"), Decimal("0.00001")),
    "claude": (Decimal("0.000003"), Decimal("0.000015")),
}


def binary(name):
    """A built program: of TESTS_BIN_DIR, else the release build, else the debug build."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    folders = [os.environ.get("TESTS_BIN_DIR"), target / "release", target / "debug"]
    for folder in filter(None, folders):
        path = pathlib.Path(folder) / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name} is not built: run `cargo build -p local -p tests --bins`")


class Reply:
    """A whole HTTP answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    def json(self):
        """The body with every number kept to its last digit."""
        return json.loads(self.body, parse_float=Decimal)


def call(method, url, body=None, headers=None, timeout=30):
    """One HTTP call; `body` is sent as JSON unless it is bytes."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    request = urllib.request.Request(url, data=body, method=method)
    request.add_header("content-type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers, error.read())


def eventually(look, why, seconds=15):
    """Looks again and again until there is something to see."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"{why}: still {seen!r} after {seconds} s")
        time.sleep(0.05)


class StandIn:
    """The provider."""

    def __init__(self):
        self.process = subprocess.Popen([binary("standin")], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def calls(self):
        return call("GET", self.url + "/_calls").json()["calls"]

    def reset(self):
        call("POST", self.url + "/_reset", {})

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Gateway:
    """The local server."""

    def __init__(self, folder, config):
        path = folder / "config.yaml"
        path.write_text(json.dumps(config))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "log"
        env = dict(os.environ, LITELLM_MASTER_KEY=MASTER_KEY, LITELLM_SALT_KEY="sk-salt-3d5c0b7a91e84f62")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [binary("local"), "--config", path, "--port", str(port)], stdout=log, stderr=log, env=env
            )
        eventually(self.alive, "the local server does not serve")

    def alive(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the local server ended: {self.log.read_text()}")
        try:
            return call("GET", self.url + "/health/liveliness").status == 200
        except OSError:
            return False

    def admin(self, method, path, body=None, key=MASTER_KEY):
        return call(method, self.url + path, body, {"authorization": f"Bearer {key}"})

    def new_key(self, **fields):
        reply = self.admin("POST", "/key/generate", fields)
        assert reply.status == 200, reply.body
        return reply.json()["key"]

    def key_info(self, key):
        reply = self.admin("GET", f"/key/info?key={key}")
        assert reply.status == 200, reply.body
        return reply.json()["info"]

    def rows(self, key):
        """The spend rows of a key."""
        reply = self.admin("GET", f"/spend/logs?api_key={key}")
        assert reply.status == 200, reply.body
        rows = reply.json()
        return rows["data"] if isinstance(rows, dict) else rows

    def rows_of(self, key, count):
        """The spend rows of a key once so many have arrived; later ones would make it fail."""
        eventually(lambda: len(self.rows(key)) >= count, f"{count} spend rows of the key")
        rows = self.rows(key)
        assert len(rows) == count, rows
        return rows

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


def cost(model, usage):
    """What a call with this usage costs."""
    prompt, completion = PRICES[model]
    return prompt * usage.prompt_tokens + completion * usage.completion_tokens
