"""Coding agents as they are installed: each reads a file with a tool of its own, because the model asks it to."""

import json
import os
import pathlib
import secrets
import subprocess

import pytest

from gateway import ROOT

AGENTS = pathlib.Path(__file__).parent / "node_modules/.bin"
# codex starts by a script of Node.js.
PATH = f"{ROOT / '.venv-tools/bin'}:{os.environ['PATH']}"


@pytest.fixture
def house(tmp_path):
    """A folder to work in, with a secret in a file, and a home without a configuration."""
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "work/secret.txt").write_text(f"{secrets.token_hex(8)}\n")
    return tmp_path


def run(house, command, **env):
    env = {"PATH": PATH, "HOME": str(house / "home"), "NO_PROXY": "127.0.0.1", **env}
    done = subprocess.run(
        command, cwd=house / "work", env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


def used_its_tool(gateway, key, provider, tool):
    """Of an agent's calls each is valid and paid; some serve its own ends, such as a title."""
    assert not provider.refusals()
    assert tool in [it.tool for it in provider.calls]
    answered = [(it.input_tokens, it.output_tokens) for it in provider.calls if it.input_tokens]
    rows = gateway.rows_of(key, len(answered))
    assert sorted((it["prompt_tokens"], it["completion_tokens"]) for it in rows) == sorted(answered)
    assert all(it["spend"] > 0 for it in rows)


def test_claude_code(gateway, key, served, provider, house):
    secret = (house / "work/secret.txt").read_text().strip()
    provider.begin(tool="Bash", arguments={"command": "cat secret.txt", "description": "Read the file"})
    command = [AGENTS / "claude", "-p", "What is in secret.txt?", "--model", served, "--output-format", "json"]
    out = run(
        house,
        [*command, "--allowedTools", "Bash(cat:*)"],
        ANTHROPIC_BASE_URL=gateway.url,
        ANTHROPIC_AUTH_TOKEN=key,
        ANTHROPIC_SMALL_FAST_MODEL=served,
        ANTHROPIC_DEFAULT_HAIKU_MODEL=served,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        DISABLE_AUTOUPDATER="1",
        IS_SANDBOX="1",
    )
    result = json.loads(out)
    assert (result["is_error"], secret in result["result"]) == (False, True), result
    used_its_tool(gateway, key, provider, "Bash")


def test_codex(gateway, key, served, provider, house):
    secret = (house / "work/secret.txt").read_text().strip()
    provider.begin(tool="exec_command", arguments={"cmd": "cat secret.txt"})
    settings = {
        "model_provider": "sluice",
        "model_providers.sluice.name": "Sluice",
        "model_providers.sluice.base_url": f"{gateway.url}/v1",
        "model_providers.sluice.env_key": "SLUICE_KEY",
        "model_providers.sluice.wire_api": "responses",
    }
    options = [it for name, value in settings.items() for it in ("-c", f"{name}={json.dumps(value)}")]
    command = [AGENTS / "codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    out = run(house, [*command, *options, "-m", f"{served}-dropping", "What is in secret.txt?"], SLUICE_KEY=key)
    assert secret in out
    used_its_tool(gateway, key, provider, "exec_command")
