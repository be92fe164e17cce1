"""Event streams through the official SDK, over both wire formats."""

import asyncio
import json
import time

import openai
import pytest

from gateway import cost, eventually
from test_chat import WEATHER, ask


def text(chunks):
    return "".join(it.choices[0].delta.content or "" for it in chunks if it.choices)


def test_the_first_token_is_there_before_the_last_is_made(client, model):
    start = time.monotonic()
    arrivals = []
    for chunk in client.chat.completions.create(
        model=model, messages=ask("standin:chunks=10&chunk_delay=100ms"), stream=True
    ):
        if chunk.choices and chunk.choices[0].delta.content:
            arrivals.append(time.monotonic() - start)
    assert len(arrivals) == 10
    # Nine pauses of a tenth of a second lie between the first and the last.
    assert arrivals[-1] >= 0.9
    assert arrivals[0] < arrivals[-1] - 0.7, arrivals
    pauses = [later - earlier for earlier, later in zip(arrivals, arrivals[1:])]
    assert sum(pause > 0.05 for pause in pauses) >= 7, f"tokens came in lumps: {pauses}"


def test_says_what_was_used_only_when_asked(client, model):
    plain = list(client.chat.completions.create(model=model, messages=ask("one two"), stream=True))
    assert text(plain).split() == [f"t{at}" for at in range(8)]
    assert not any(it.usage for it in plain)
    assert all(it.choices for it in plain)
    asked = list(
        client.chat.completions.create(
            model=model, messages=ask("one two"), stream=True, stream_options={"include_usage": True}
        )
    )
    last = asked[-1]
    assert not last.choices
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (2, 8)


def test_every_chunk_is_of_one_answer(client, model):
    chunks = list(client.chat.completions.create(model=model, messages=ask("hi"), stream=True))
    assert len({it.id for it in chunks}) == 1
    assert {it.model for it in chunks} == {model}
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [it.choices[0].finish_reason for it in chunks if it.choices[0].finish_reason] == ["stop"]


def test_puts_tool_calls_together(client, model):
    calls = {}
    for chunk in client.chat.completions.create(
        model=model, messages=ask("standin:calls=2"), tools=[WEATHER], stream=True
    ):
        for part in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            name, arguments = calls.get(part.index, ("", ""))
            calls[part.index] = (name + (part.function.name or ""), arguments + (part.function.arguments or ""))
    assert sorted(calls) == [0, 1]
    for name, arguments in calls.values():
        assert (name, json.loads(arguments)) == ("weather", {"city": "Paris"})


def test_the_sdks_own_accumulator_understands_the_stream(client, model):
    with client.chat.completions.stream(model=model, messages=ask("hi")) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_completion()
    assert answer.choices[0].message.content.split() == [f"t{at}" for at in range(8)]


def test_streams_at_once_to_many(gateway, key, model):
    client = openai.AsyncOpenAI(base_url=gateway.url + "/v1", api_key=key, max_retries=0)

    async def one():
        stream = await client.chat.completions.create(
            model=model, messages=ask("standin:chunks=5&chunk_delay=50ms"), stream=True
        )
        return text([chunk async for chunk in stream])

    async def many():
        return await asyncio.gather(*(one() for _ in range(20)))

    start = time.monotonic()
    texts = asyncio.run(many())
    assert len(set(texts)) == 1 and len(texts[0].split()) == 5
    assert time.monotonic() - start < 5, "twenty streams of a fifth of a second ran one after the other"


def test_a_client_that_leaves_stops_the_provider_and_pays_once(client, gateway, key, model, stand_in):
    stream = client.chat.completions.create(
        model=model, messages=ask("standin:chunks=200&chunk_delay=50ms"), stream=True
    )
    seen = 0
    for chunk in stream:
        seen += bool(chunk.choices and chunk.choices[0].delta.content)
        if seen == 3:
            break
    stream.close()
    [call] = eventually(
        lambda: [it for it in stand_in.calls() if it["state"] == "gone"], "the provider still speaks to nobody", 5
    )
    assert call["tokens_sent"] < 60
    [row] = gateway.rows_of(key, 1)
    assert 0 < row["spend"] < cost(model, Used(1, 200))
    assert row["completion_tokens"] >= 3


class Used:
    def __init__(self, prompt_tokens, completion_tokens):
        self.prompt_tokens = prompt_tokens
        self.completion_tokens = completion_tokens


@pytest.mark.parametrize("fault", ["error_after:2", "cut_after:2"])
def test_an_error_in_the_middle_ends_the_stream_as_an_error(client, gateway, key, model, fault):
    seen = []
    with pytest.raises(openai.APIError):
        for chunk in client.chat.completions.create(model=model, messages=ask(f"standin:fault={fault}"), stream=True):
            seen.append(chunk)
    assert text(seen).split() == ["t0", "t1"]
    gateway.rows_of(key, 1)


@pytest.mark.parametrize("fault, error", [("status:429", openai.RateLimitError), ("error_after:0", openai.APIStatusError)])
def test_an_error_before_the_first_token_has_its_status(client, model, fault, error):
    with pytest.raises(error):
        client.chat.completions.create(model=model, messages=ask(f"standin:fault={fault}"), stream=True)
