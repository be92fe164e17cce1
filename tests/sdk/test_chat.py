"""Whole answers through the official SDK, over both wire formats."""

import base64
import json

import pytest
from pydantic import BaseModel

from gateway import PROVIDER_KEY, cost

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()


def ask(text):
    return [{"role": "user", "content": text}]


def test_answers_with_usage_and_the_name_that_was_asked_for(client, model):
    answer = client.chat.completions.create(model=model, messages=ask("Which road leads to the sea?"))
    assert answer.choices[0].message.content.split() == [f"t{at}" for at in range(8)]
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == model
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (6, 8, 14)


def test_says_what_the_call_cost_and_who_answered(client, model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=ask("one two three"))
    headers, answer = raw.headers, raw.parse()
    # Within a double's precision: the header is a number for people, the row is the account.
    assert float(headers["x-litellm-response-cost"]) == pytest.approx(float(cost(model, answer.usage)), rel=1e-12)
    assert headers["x-litellm-call-id"]
    assert headers["x-litellm-model-id"]
    assert headers["x-litellm-model-group"] == model
    assert headers["x-litellm-attempted-retries"] == "0"
    assert float(headers["x-litellm-response-duration-ms"]) > 0
    assert "x-litellm-key-spend" in headers
    provider_header = "llm_provider-x-request-id" if model == "gpt-4o" else "llm_provider-request-id"
    assert headers[provider_header].startswith("req_")


def test_the_provider_sees_its_own_credential_and_never_the_clients(client, key, model, stand_in):
    client.chat.completions.create(model=model, messages=ask("hi"))
    [call] = stand_in.calls()
    assert call["credential"].removeprefix("Bearer ") == PROVIDER_KEY
    assert key not in json.dumps(call)
    assert call["id"]


def test_keeps_the_clients_call_id(client):
    call_id = "0198c1de-7d3a-7c44-9d0a-3f6f0c8a1b2c"
    raw = client.chat.completions.with_raw_response.create(
        model="gpt-4o", messages=ask("hi"), extra_headers={"x-litellm-call-id": call_id}
    )
    assert raw.headers["x-litellm-call-id"] == call_id


def test_system_and_developer_text_reaches_the_provider_in_its_place(client, stand_in, model):
    messages = [{"role": "system", "content": "Be brief."}, *ask("hi")]
    client.chat.completions.create(model=model, messages=messages)
    [call] = stand_in.calls()
    if model == "claude":
        assert "Be brief." in json.dumps(call["request"]["system"])
        assert [it["role"] for it in call["request"]["messages"]] == ["user"]
    else:
        assert call["request"]["messages"] == messages


def test_stops_at_max_tokens(client, model):
    answer = client.chat.completions.create(model=model, messages=ask("hi"), max_tokens=3)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 3


def test_calls_a_tool_and_takes_its_result(client, model, stand_in):
    messages = ask("Weather in Paris?")
    answer = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert answer.choices[0].finish_reason == "tool_calls"
    [call] = answer.choices[0].message.tool_calls
    assert call.function.name == "weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    messages += [answer.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "18 degrees"}]
    answer = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert answer.choices[0].finish_reason == "stop"
    sent = json.dumps(stand_in.calls()[-1]["request"])
    assert call.id in sent and "18 degrees" in sent


def test_calls_two_tools_at_once(client, model):
    answer = client.chat.completions.create(model=model, messages=ask("standin:calls=2"), tools=[WEATHER])
    ids = [it.id for it in answer.choices[0].message.tool_calls]
    assert len(ids) == len(set(ids)) == 2


def test_calls_the_tool_that_was_chosen(client, model):
    choice = {"type": "function", "function": {"name": "clock"}}
    answer = client.chat.completions.create(model=model, messages=ask("hi"), tools=[WEATHER, CLOCK], tool_choice=choice)
    assert [it.function.name for it in answer.choices[0].message.tool_calls] == ["clock"]


class Trip(BaseModel):
    city: str
    days: int


def test_fills_a_structured_answer(client, model):
    answer = client.chat.completions.parse(model=model, messages=ask("Plan a trip"), response_format=Trip)
    assert answer.choices[0].message.parsed == Trip(city="Paris", days=1)


def test_shows_a_picture(client, model, stand_in):
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
    ]
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": content}])
    assert answer.usage.prompt_tokens == 3 + 85
    [call] = stand_in.calls()
    picture = call["request"]["messages"][0]["content"][1]
    if model == "claude":
        assert picture["source"] == {"type": "base64", "media_type": "image/png", "data": PIXEL}
    else:
        assert picture == content[1]


def test_counts_what_came_from_the_cache(client, model, gateway, key):
    answer = client.chat.completions.create(model=model, messages=ask("one two three four standin:cached=3"))
    assert answer.usage.prompt_tokens == 5
    assert answer.usage.prompt_tokens_details.cached_tokens == 3
    [row] = gateway.rows_of(key, 1)
    assert 0 < row["spend"] < cost(model, answer.usage)


def test_shows_the_reasoning(client):
    answer = client.chat.completions.create(
        model="claude", messages=ask("standin:reasoning=3"), reasoning_effort="low", max_tokens=4000
    )
    assert answer.choices[0].message.reasoning_content.split() == ["t0", "t1", "t2"]
    assert answer.choices[0].message.content.split()[0] == "t0"
    assert answer.usage.completion_tokens == 11


def test_a_wildcard_model_keeps_its_name(client, stand_in):
    answer = client.chat.completions.create(model="openai/gpt-4o-mini", messages=ask("hi"))
    assert answer.model == "openai/gpt-4o-mini"
    assert [it["model"] for it in stand_in.calls()] == ["gpt-4o-mini"]


def test_lists_the_models(client):
    names = {it.id for it in client.models.list()}
    assert {"gpt-4o", "claude"} <= names
    assert client.models.retrieve("gpt-4o").id == "gpt-4o"
