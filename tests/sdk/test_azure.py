"""The Azure spelling of the same routes."""

import openai
import pytest

from gateway import call
from test_chat import ask


@pytest.fixture
def azure(gateway, key):
    return openai.AzureOpenAI(azure_endpoint=gateway.url, api_key=key, api_version="2024-10-21", max_retries=0)


def test_the_path_names_the_model(azure, model, stand_in):
    answer = azure.chat.completions.create(model=model, messages=ask("one two"))
    assert answer.usage.prompt_tokens == 2
    assert answer.model == model
    assert len(stand_in.calls()) == 1


def test_streams(azure, model):
    chunks = list(azure.chat.completions.create(model=model, messages=ask("hi"), stream=True))
    assert "".join(it.choices[0].delta.content or "" for it in chunks if it.choices).startswith("t0")


def test_the_path_wins_over_the_body(gateway, key):
    body = {"model": "claude", "messages": ask("hi")}
    for path in ["/openai/deployments/gpt-4o/chat/completions", "/engines/gpt-4o/chat/completions"]:
        reply = call("POST", gateway.url + path, body, {"api-key": key})
        assert reply.status == 200, reply.body
        assert reply.json()["model"] == "gpt-4o"
