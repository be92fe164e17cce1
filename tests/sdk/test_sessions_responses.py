"""Tool sessions of OpenAI's SDK with the Responses API, where the gateway keeps what was said."""

import json

import openai
import pytest

from test_sessions_chat import STREAMED, SUNNY, paid

WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "Weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


def respond(client, stream, **request):
    """One response, whole or as the stream's last event has it."""
    if not stream:
        return client.responses.create(**request)
    events = list(client.responses.create(stream=True, **request))
    assert events[0].type == "response.created"
    assert [it.sequence_number for it in events] == sorted({it.sequence_number for it in events})
    assert events[-1].type == "response.completed"
    return events[-1].response


@STREAMED
@pytest.mark.parametrize("effort", [None, "low"], ids=["plain", "thinking"])
def test_a_response_after_another(client, gateway, key, served, provider, stream, effort):
    request = {"model": served, "tools": [WEATHER]} | ({"reasoning": {"effort": effort}} if effort else {})
    first = respond(client, stream, input="What is the weather in Paris?", **request)
    [call] = [it for it in first.output if it.type == "function_call"]
    assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Paris"})
    assert bool([it for it in first.output if it.type == "reasoning"]) == bool(effort)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": SUNNY}
    second = respond(client, stream, input=[result], previous_response_id=first.id, **request)
    assert second.output_text == f"The tool says: {SUNNY}"
    assert second.status == "completed"
    paid(gateway, key, provider)


@STREAMED
def test_two_calls_at_once_and_a_question_afterwards(client, gateway, key, served, provider, stream):
    provider.begin(calls=2)
    request = {"model": served, "tools": [WEATHER]}
    first = respond(client, stream, input="What is the weather in Paris, and what in Paris?", **request)
    calls = [it.call_id for it in first.output if it.type == "function_call"]
    results = [
        {"type": "function_call_output", "call_id": it, "output": text} for it, text in zip(calls, ["rain", "snow"])
    ]
    second = respond(client, stream, input=results, previous_response_id=first.id, **request)
    assert second.output_text == "The tool says: rain snow"
    provider.plan.tool = None
    third = respond(client, stream, input="Thanks. And else?", previous_response_id=second.id, **request)
    assert third.status == "completed"
    paid(gateway, key, provider)


@STREAMED
def test_a_client_that_keeps_the_items_itself(client, gateway, key, served, provider, stream):
    request = {"model": served, "tools": [WEATHER], "store": False}
    said = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = respond(client, stream, input=said, **request)
    said += [it.model_dump(exclude_none=True) for it in first.output]
    [call] = [it for it in first.output if it.type == "function_call"]
    said.append({"type": "function_call_output", "call_id": call.call_id, "output": SUNNY})
    assert respond(client, stream, input=said, **request).output_text == f"The tool says: {SUNNY}"
    paid(gateway, key, provider)


@STREAMED
@pytest.mark.parametrize("fault, error", [("limit", openai.RateLimitError), ("overload", openai.InternalServerError)])
def test_a_refusal_has_the_sdks_type(client, gateway, key, served, provider, stream, fault, error):
    provider.begin(fault=fault)
    with pytest.raises(error):
        respond(client, stream, model=served, input="hi")
    [row] = gateway.rows_of(key, 1)
    assert (row["status"], row["spend"]) == ("failure", 0)


@pytest.mark.parametrize("fault", ["cut", "interrupt"])
def test_a_stream_that_breaks_does_not_complete(client, gateway, key, served, provider, fault):
    provider.begin(fault=fault)
    seen = []
    try:
        for event in client.responses.create(model=served, input="hi", stream=True):
            seen.append(event.type)
    except openai.APIError:
        seen.append("error")
    assert seen[-1] in ("error", "response.failed")
    assert "response.completed" not in seen
    gateway.rows_of(key, 1)
