"""Tool sessions of Anthropic's SDK, over each provider."""

import anthropic
import pytest

from test_chat import ask
from test_sessions_chat import STREAMED, SUNNY, paid

WEATHER = {
    "name": "weather",
    "description": "Weather of a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
THINKING = {"type": "enabled", "budget_tokens": 1024}


def say(client, stream, **request):
    request = {"max_tokens": 4096, **request}
    if not stream:
        return client.messages.create(**request)
    with client.messages.stream(**request) as events:
        for _ in events:
            pass
        return events.get_final_message()


@STREAMED
@pytest.mark.parametrize("thinking", [None, THINKING], ids=["plain", "thinking"])
def test_a_conversation(claude_client, gateway, key, served, provider, stream, thinking):
    request = {"model": served, "tools": [WEATHER]} | ({"thinking": thinking} if thinking else {})
    messages = ask("What is the weather in Paris?")
    first = say(claude_client, stream, messages=messages, **request)
    assert first.stop_reason == "tool_use"
    [use] = [it for it in first.content if it.type == "tool_use"]
    assert (use.name, use.input) == ("weather", {"city": "Paris"})
    assert bool([it for it in first.content if it.type == "thinking"]) == bool(thinking)
    messages.append({"role": "assistant", "content": first.content})
    messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": SUNNY}]})
    second = say(claude_client, stream, messages=messages, **request)
    assert second.stop_reason == "end_turn"
    assert [it.text for it in second.content if it.type == "text"] == [f"The tool says: {SUNNY}"]
    [last] = provider.calls[1:]
    assert (second.usage.input_tokens, second.usage.output_tokens) == (last.input_tokens, last.output_tokens)
    paid(gateway, key, provider)


@STREAMED
def test_two_calls_at_once_and_a_question_afterwards(claude_client, gateway, key, served, provider, stream):
    provider.begin(calls=2)
    request = {"model": served, "tools": [WEATHER], "thinking": THINKING}
    messages = ask("What is the weather in Paris, and what in Paris?")
    first = say(claude_client, stream, messages=messages, **request)
    uses = [it.id for it in first.content if it.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": it, "content": text} for it, text in zip(uses, ["rain", "snow"])]
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    second = say(claude_client, stream, messages=messages, **request)
    assert [it.text for it in second.content if it.type == "text"] == ["The tool says: rain snow"]
    provider.plan.tool = None
    messages += [{"role": "assistant", "content": second.content}, *ask("Thanks. And else?")]
    assert say(claude_client, stream, messages=messages, **request).stop_reason == "end_turn"
    paid(gateway, key, provider)


def test_counts_tokens(claude_client, served, provider):
    counted = claude_client.messages.count_tokens(model=served, messages=ask("How long is this?"), tools=[WEATHER])
    assert counted.input_tokens > 0
    assert not provider.refusals()


@STREAMED
@pytest.mark.parametrize(
    "fault, error", [("limit", anthropic.RateLimitError), ("overload", anthropic.InternalServerError)]
)
def test_a_refusal_has_the_sdks_type(claude_client, gateway, key, served, provider, stream, fault, error):
    provider.begin(fault=fault)
    with pytest.raises(error) as caught:
        say(claude_client, stream, model=served, messages=ask("hi"))
    assert caught.value.body["type"] == "error"
    [row] = gateway.rows_of(key, 1)
    assert (row["status"], row["spend"]) == ("failure", 0)


@pytest.mark.parametrize("fault", ["cut", "interrupt"])
def test_a_stream_that_breaks_is_an_error(claude_client, gateway, key, served, provider, fault):
    provider.begin(fault=fault)
    with pytest.raises(anthropic.APIError):
        say(claude_client, True, model=served, messages=ask("hi"))
    gateway.rows_of(key, 1)
