"""Tool sessions of OpenAI's SDK: a call, its result, and the answer made from it, over each provider."""

import json

import openai
import pytest

from test_chat import WEATHER, ask

SUNNY = "sunny, 21 degrees"
STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def paid(gateway, key, provider):
    """Every call of the session has its row: what the provider reported, and what that costs."""
    assert not provider.refusals()
    rows = gateway.rows_of(key, len(provider.calls))
    reported = sorted((it.input_tokens, it.output_tokens) for it in provider.calls)
    assert sorted((it["prompt_tokens"], it["completion_tokens"]) for it in rows) == reported
    assert all(it["spend"] > 0 and it["status"] == "success" for it in rows), rows


def chat(client, stream, **request):
    """One answer as a message to send back, and why it ended."""
    if not stream:
        choice = client.chat.completions.create(**request).choices[0]
        return choice.message.model_dump(exclude_none=True), choice.finish_reason
    message, finish = {"role": "assistant", "content": ""}, None
    for chunk in client.chat.completions.create(stream=True, **request):
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            put_together(message, choice.delta.model_dump(exclude_none=True))
    return message, finish


def put_together(message, delta):
    """The SDK's own accumulator does not know `thinking_blocks`, which have no index."""
    for name in ("content", "reasoning_content"):
        if delta.get(name):
            message[name] = message.get(name, "") + delta[name]
    for part in delta.get("tool_calls", []):
        calls = message.setdefault("tool_calls", [])
        if part["index"] == len(calls):
            calls.append(part)
        else:
            calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]
    for part in delta.get("thinking_blocks", []):
        [block] = message.setdefault("thinking_blocks", [{"type": "thinking", "thinking": ""}])
        block["thinking"] += part.get("thinking") or ""
        if part.get("signature"):
            block["signature"] = part["signature"]


@STREAMED
@pytest.mark.parametrize("effort", [None, "low"], ids=["plain", "thinking"])
def test_a_chat(client, gateway, key, served, provider, stream, effort):
    request = {"model": served, "tools": [WEATHER]} | ({"reasoning_effort": effort} if effort else {})
    messages = ask("What is the weather in Paris?")
    message, finish = chat(client, stream, messages=messages, **request)
    assert finish == "tool_calls"
    [call] = message["tool_calls"]
    assert call["function"]["name"] == "weather"
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris"}
    assert bool(message.get("reasoning_content")) == bool(effort)
    messages += [message, {"role": "tool", "tool_call_id": call["id"], "content": SUNNY}]
    message, finish = chat(client, stream, messages=messages, **request)
    assert (finish, message["content"]) == ("stop", f"The tool says: {SUNNY}")
    assert [it.tool for it in provider.calls] == ["weather", ""]
    paid(gateway, key, provider)


@STREAMED
def test_two_calls_at_once_and_a_question_afterwards(client, gateway, key, served, provider, stream):
    provider.begin(calls=2)
    request = {"model": served, "tools": [WEATHER]}
    messages = ask("What is the weather in Paris, and what in Paris?")
    message, _ = chat(client, stream, messages=messages, **request)
    first, second = message["tool_calls"]
    assert first["id"] != second["id"]
    results = [(first, "rain"), (second, "snow")]
    messages += [message, *({"role": "tool", "tool_call_id": it["id"], "content": text} for it, text in results)]
    message, _ = chat(client, stream, messages=messages, **request)
    assert message["content"] == "The tool says: rain snow"
    provider.plan.tool = None
    messages += [message, *ask("Thanks. And else?")]
    assert chat(client, stream, messages=messages, **request)[1] == "stop"
    paid(gateway, key, provider)


def test_a_client_that_sends_back_the_bare_call(client, gateway, key, served, provider):
    """Many keep only what OpenAI's own format has."""
    messages = ask("What is the weather in Paris?")
    request = {"model": served, "tools": [WEATHER]}
    [call] = chat(client, False, messages=messages, **request)[0]["tool_calls"]
    function = {"name": call["function"]["name"], "arguments": call["function"]["arguments"]}
    bare = {"id": call["id"], "type": "function", "function": function}
    messages += [
        {"role": "assistant", "content": None, "tool_calls": [bare]},
        {"role": "tool", "tool_call_id": call["id"], "content": SUNNY},
    ]
    message, _ = chat(client, False, messages=messages, **request)
    assert message["content"] == f"The tool says: {SUNNY}"
    paid(gateway, key, provider)


@STREAMED
@pytest.mark.parametrize("fault, error", [("limit", openai.RateLimitError), ("overload", openai.InternalServerError)])
def test_a_refusal_has_the_sdks_type(client, gateway, key, served, provider, stream, fault, error):
    provider.begin(fault=fault)
    with pytest.raises(error):
        chat(client, stream, model=served, messages=ask("hi"), tools=[WEATHER])
    [row] = gateway.rows_of(key, 1)
    assert (row["status"], row["spend"]) == ("failure", 0)


@pytest.mark.parametrize("fault", ["cut", "interrupt"])
def test_a_stream_that_breaks_is_an_error(client, gateway, key, served, provider, fault):
    provider.begin(fault=fault)
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(model=served, messages=ask("hi"), stream=True))
    gateway.rows_of(key, 1)
