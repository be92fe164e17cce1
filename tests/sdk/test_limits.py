"""Limits that refuse: a refusal never reaches the provider and uses nothing up."""

from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from gateway import cost, eventually
from test_chat import ask


def test_requests_a_minute(gateway, client_of, stand_in):
    client = client_of(gateway.new_key(rpm_limit=2))
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ask("hi"))
    assert raw.headers["x-ratelimit-api_key-limit-requests"] == "2"
    assert raw.headers["x-ratelimit-api_key-remaining-requests"] == "1"
    client.chat.completions.create(model="gpt-4o", messages=ask("hi"))
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=ask("hi"))
    headers, body = caught.value.response.headers, caught.value.body
    assert (headers["retry-after"], headers["rate_limit_type"]) == ("60", "requests")
    assert (body["type"], body["code"]) == ("throttling_error", "429")
    assert len(stand_in.calls()) == 2


def test_tokens_a_minute(gateway, client_of, stand_in):
    client = client_of(gateway.new_key(tpm_limit=10000))
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ask("hello"))
    assert raw.headers["x-ratelimit-api_key-limit-tokens"] == "10000"
    # One token a four letters, and 1024 for an answer without a limit.
    assert raw.headers["x-ratelimit-api_key-remaining-tokens"] == "8975"
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=ask("hi"), max_tokens=10000)
    assert caught.value.response.headers["rate_limit_type"] == "tokens"
    client.chat.completions.create(model="gpt-4o", messages=ask("hi"), max_tokens=9000)
    assert len(stand_in.calls()) == 2


def test_calls_at_once(gateway, client_of, stand_in):
    client = client_of(gateway.new_key(max_parallel_requests=2))

    def one(_):
        try:
            client.chat.completions.create(model="gpt-4o", messages=ask("standin:delay=1s"))
            return "answered"
        except openai.RateLimitError as error:
            return error.response.headers["rate_limit_type"]

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(one, range(6)))
    assert outcomes == ["answered"] * 2 + ["max_parallel_requests"] * 4
    assert len(stand_in.calls()) == 2
    client.chat.completions.create(model="gpt-4o", messages=ask("the slots are free again"))


def test_a_budget(gateway, client_of, stand_in):
    key = gateway.new_key(max_budget=0.0002)
    client = client_of(key)
    answer = client.chat.completions.create(model="gpt-4o", messages=ask("hi"), max_tokens=8)
    spent = cost("gpt-4o", answer.usage)
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        for _ in range(10):
            client.chat.completions.create(model="gpt-4o", messages=ask("hi"), max_tokens=8)
    assert caught.value.body["type"] == "budget_exceeded"
    answered = len(stand_in.calls())
    assert 1 < answered < 10
    eventually(lambda: gateway.key_info(key)["spend"] == answered * spent, "the spend of the answered calls")


def test_a_budget_of_nothing(gateway, client_of, stand_in):
    client = client_of(gateway.new_key(max_budget=0))
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model="gpt-4o", messages=ask("hi"))
    assert not stand_in.calls()
