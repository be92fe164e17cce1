"""A request that a client sends again under its idempotency key: the same answer, paid once."""

import json

import openai
import pytest

from test_chat import ask

ONCE = {"Idempotency-Key": "order-4711"}


def test_the_same_answer_again(gateway, client_of, stand_in, model):
    key = gateway.new_key()
    create = client_of(key).chat.completions.with_raw_response.create
    first, again = (create(model=model, messages=ask("hi"), extra_headers=ONCE) for _ in range(2))
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert again.http_response.content == first.http_response.content
    assert len(stand_in.calls()) == 1
    gateway.rows_of(key, 1)


def test_the_same_stream_again(client_of, gateway, stand_in, model):
    client = client_of(gateway.new_key())

    def run():
        chunks = client.chat.completions.create(model=model, messages=ask("hi"), stream=True, extra_headers=ONCE)
        return [json.loads(chunk.to_json()) for chunk in chunks]

    assert run() == run()
    assert len(stand_in.calls()) == 1


def test_another_request_under_the_key(client_of, gateway, stand_in):
    client = client_of(gateway.new_key())
    client.chat.completions.create(model="gpt-4o", messages=ask("hi"), extra_headers=ONCE)
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=ask("ho"), extra_headers=ONCE)
    assert caught.value.body["type"] == "idempotency_error"
    assert len(stand_in.calls()) == 1
