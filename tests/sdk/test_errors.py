"""Every kind of failure as the SDK's users see it: the class they catch, and one spend row for what reached a provider."""

from decimal import Decimal

import openai
import pytest

from gateway import call, eventually
from test_chat import ask

UPSTREAM = [
    ("status:400", openai.BadRequestError, 400, "invalid_request_error"),
    ("context", openai.BadRequestError, 400, "invalid_request_error"),
    ("status:401", openai.AuthenticationError, 401, "authentication_error"),
    ("status:403", openai.PermissionDeniedError, 403, "permission_error"),
    ("status:404", openai.NotFoundError, 404, "invalid_request_error"),
    ("status:429", openai.RateLimitError, 429, "throttling_error"),
    ("status:500", openai.InternalServerError, 500, "internal_server_error"),
    ("status:503", openai.InternalServerError, 503, None),
    ("garbage", openai.InternalServerError, None, None),
    ("empty", openai.InternalServerError, None, None),
    ("reset", openai.InternalServerError, None, None),
]
UNCLEAR = {"garbage", "empty", "reset"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("fault, error, status, kind", UPSTREAM, ids=[it[0] for it in UPSTREAM])
def test_a_providers_failure(client, gateway, key, model, stream, fault, error, status, kind):
    with pytest.raises(error) as caught:
        client.chat.completions.create(model=model, messages=ask(f"standin:fault={fault}"), stream=stream)
    assert status in (None, caught.value.status_code)
    body = caught.value.body
    assert body["message"]
    assert body["code"] == str(caught.value.status_code)
    assert kind in (None, body["type"])
    [row] = gateway.rows_of(key, 1)
    assert row["status"] == "failure"
    assert row["completion_tokens"] == 0
    if fault in UNCLEAR:
        # Nobody knows whether the provider charges for such a call: at most the prompt is paid for.
        assert row["spend"] < Decimal("0.0001")
    else:
        assert row["spend"] == 0


def test_a_refused_provider_credential_is_told_apart(client):
    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model="wrong-credential", messages=ask("hi"))
    assert "sk-invalid" not in str(caught.value)


def test_an_unreachable_provider(client, gateway, key):
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="unreachable", messages=ask("hi"))
    assert caught.value.body["message"]
    eventually(lambda: len(gateway.rows(key)) == 1, "the row of an unreachable provider")


def test_the_providers_retry_after_is_passed_on_under_its_own_name(client):
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=ask("standin:fault=status:429&retry_after=7"))
    assert caught.value.response.headers["llm_provider-retry-after"] == "7"


def test_a_silent_provider_times_out(client, stand_in, model):
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(
            model=model, messages=ask("standin:fault=hang"), extra_body={"timeout": 1}
        )
    assert caught.value.status_code == 408
    eventually(lambda: stand_in.calls()[0]["state"] == "gone", "the provider is still waited for", 5)


def test_the_clients_own_timeout_stops_the_provider(client, stand_in, model):
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.5).chat.completions.create(model=model, messages=ask("standin:fault=hang"))
    eventually(lambda: stand_in.calls()[0]["state"] == "gone", "the provider is still waited for", 5)


def test_the_gateway_tries_again_and_counts_one_call(client, gateway, key, stand_in, model):
    raw = client.chat.completions.with_raw_response.create(
        model=model,
        messages=ask(f"retry {model} standin:fault=status:500&times=1"),
        extra_body={"num_retries": 2},
    )
    assert raw.headers["x-litellm-attempted-retries"] == "1"
    assert [it["status"] for it in stand_in.calls()] == [500, 200]
    [row] = gateway.rows_of(key, 1)
    assert row["status"] == "success"


def test_the_sdk_tries_again_by_itself(client_of, gateway, key, stand_in):
    client = client_of(key, max_retries=2)
    answer = client.chat.completions.create(model="gpt-4o", messages=ask("sdk standin:fault=status:503&times=1"))
    assert answer.choices[0].finish_reason == "stop"
    assert len(stand_in.calls()) == 2
    rows = gateway.rows_of(key, 2)
    assert sorted(it["status"] for it in rows) == ["failure", "success"]


def test_an_unknown_model(client, stand_in):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="no-such-model", messages=ask("hi"))
    assert not stand_in.calls()


def test_a_parameter_that_the_provider_does_not_have(client, stand_in):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="claude", messages=ask("hi"), frequency_penalty=0.5)
    assert "frequency_penalty" in caught.value.body["message"]
    assert not stand_in.calls()
    client.chat.completions.create(
        model="claude", messages=ask("hi"), frequency_penalty=0.5, extra_body={"drop_params": True}
    )
    assert "frequency_penalty" not in stand_in.calls()[0]["request"]


def test_a_request_without_messages(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", body={"model": "gpt-4o"}, cast_to=object)
    assert caught.value.body["param"] == "messages"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"model": 1, "messages": 2}', b"\xff\xfe", b""])
def test_a_body_that_is_no_request(gateway, key, stand_in, body):
    reply = call("POST", gateway.url + "/v1/chat/completions", body, {"authorization": f"Bearer {key}"})
    assert reply.status == 400
    error = reply.json()["error"]
    assert error["message"] and error["code"] == "400" and error["type"] == "invalid_request_error"
    assert not stand_in.calls()


@pytest.mark.parametrize(
    "credential, kind",
    [("", "auth_error"), ("not-a-key", "auth_error"), ("sk-unknown-0123456789abcdef", "token_not_found_in_db")],
)
def test_a_credential_that_is_none(gateway, credential, kind):
    headers = {"authorization": f"Bearer {credential}"} if credential else {}
    body = {"model": "gpt-4o", "messages": ask("hi")}
    reply = call("POST", gateway.url + "/v1/chat/completions", body, headers)
    assert (reply.status, reply.json()["error"]["type"]) == (401, kind)
    assert credential == "" or credential not in reply.body.decode() or kind == "auth_error"


def test_a_path_that_is_none(gateway, key):
    reply = call("GET", gateway.url + "/v1/nothing", headers={"authorization": f"Bearer {key}"})
    assert reply.status == 404
