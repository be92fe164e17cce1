"""The provider of the sessions refuses what the real ones refuse; otherwise its sessions would prove nothing."""

import pytest

from gateway import PROVIDER_KEY, call
from provider import anthropic, bedrock, gemini
from provider.session import Refused

USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}
ASKED = {"role": "user", "content": "hi"}


def turn(role, *blocks):
    return {"role": role, "content": list(blocks)}


@pytest.mark.parametrize(
    "check, body, why",
    [
        (anthropic.check, {"messages": [ASKED, turn("assistant", USE)]}, "have no results"),
        (anthropic.check, {"messages": [ASKED, turn("user", RESULT)]}, "do not answer"),
        (
            anthropic.check,
            {"messages": [ASKED, turn("assistant", {"type": "thinking", "thinking": "a", "signature": "b"})]},
            "Invalid `signature`",
        ),
        (
            anthropic.check,
            {"thinking": {"type": "enabled"}, "messages": [ASKED, turn("assistant", USE), turn("user", RESULT)]},
            "Expected `thinking`",
        ),
        (bedrock.check, {"messages": [turn("user", {"text": "a"}), turn("user", {"text": "b"})]}, "must alternate"),
        (
            bedrock.check,
            {"messages": [turn("user", {"text": "a"}), turn("assistant", {"toolUse": {"toolUseId": "t"}})]},
            "have no results",
        ),
        (
            gemini.check,
            {"contents": [{"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}]},
            "missing a thought_signature",
        ),
        (
            gemini.check,
            {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}]},
            "number of function response parts",
        ),
        (gemini.check_schema, {"type": "object", "additionalProperties": False}, "additionalProperties"),
    ],
)
def test_refuses(check, body, why):
    with pytest.raises(Refused, match=why):
        check(body)


@pytest.mark.parametrize(
    "path, headers, status",
    [
        ("/v1/messages", {"anthropic-version": "2023-06-01"}, 401),
        ("/v1/messages", {"x-api-key": PROVIDER_KEY}, 400),
        ("/model/claude/converse", {"authorization": f"Bearer {PROVIDER_KEY}"}, 403),
        ("/models/gemini:generateContent", {}, 400),
    ],
)
def test_wants_a_credential(provider, path, headers, status):
    assert call("POST", provider.url + path, {}, headers).status == status
