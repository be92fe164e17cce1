"""Amazon Bedrock's runtime: Converse for every model, InvokeModel for Claude in Anthropic's own format."""

import base64
import json

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from . import anthropic
from .event_stream import frame
from .session import Refused, check_pairs, halves, known, sign, take_turn

ACCESS_KEY, SECRET_KEY, REGION = "AKIATESTSSDKSESSIONS", "secret-of-the-sdk-sessions", "eu-west-1"
CONVERSE = """messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields promptVariables
    additionalModelResponseFieldPaths requestMetadata performanceConfig serviceTier outputConfig""".split()
INVOKE = [*(it for it in anthropic.FIELDS if it not in ("model", "stream")), "anthropic_version", "anthropic_beta"]
ERRORS = {400: "ValidationException", 403: "AccessDeniedException", 429: "ThrottlingException"}
FAULTS = {"limit": (429, "Too many requests"), "overload": (503, "The service is temporarily unavailable.")}


def authenticate(request):
    """The signature is computed anew by AWS's own code and has to be the one that came."""
    given = request.headers.get("authorization", "")
    scope = f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{request.headers.get('x-amz-date', '')[:8]}/{REGION}/bedrock/"
    if not given.startswith(scope):
        raise Refused("The request is not signed for this service.", 403)
    parts = dict(it.strip().split("=", 1) for it in given.split(" ", 1)[1].split(","))
    signed = {name: request.headers[name] for name in parts["SignedHeaders"].split(";")}
    copy = AWSRequest(request.command, f"http://{request.headers['host']}{request.path}", signed, request.raw)
    copy.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "bedrock", REGION)
    text = signer.string_to_sign(copy, signer.canonical_request(copy))
    if signer.signature(text, copy) != parts["Signature"]:
        raise Refused("The request signature we calculated does not match the signature you provided.", 403)


def invoke(request, body, plan):
    """Claude's own body without model and stream, which stand in the path."""
    known(body, INVOKE)
    if body.get("anthropic_version") != "bedrock-2023-05-31":
        raise Refused("anthropic_version: Field required")
    turn = anthropic.turn_of(body, plan)
    if request.path.endswith("/invoke"):
        request.reply("application/json", anthropic.message("claude", turn), turn)
    else:
        events = (base64.b64encode(json.dumps(it).encode()).decode() for it in anthropic.events("claude", turn))
        request.reply("application/vnd.amazon.eventstream", (frame("chunk", {"bytes": it}) for it in events), turn)


def converse(request, body, plan):
    known(body, CONVERSE)
    check(body)
    tools = [it["toolSpec"]["name"] for it in (body.get("toolConfig") or {}).get("tools", []) if "toolSpec" in it]
    turn = take_turn(plan, tools, results(body["messages"][-1]), thinks(body), body)
    if request.path.endswith("/converse"):
        request.reply("application/json", answer(turn), turn)
    else:
        request.reply("application/vnd.amazon.eventstream", (frame(*it) for it in events(turn)), turn)


def count(request, body, _plan):
    known(body, ["input"])
    [kind] = body["input"]
    if kind == "converse":
        check(body["input"][kind])
    else:
        anthropic.check(json.loads(base64.b64decode(body["input"][kind]["body"])))
    request.reply("application/json", {"inputTokens": 321})


def thinks(body):
    fields = body.get("additionalModelRequestFields") or {}
    return anthropic.thinks({"thinking": fields.get("thinking") or fields.get("reasoning_config")})


def check(body):
    known(body.get("additionalModelRequestFields") or {}, INVOKE)
    turns, role = [], "assistant"
    for message in body["messages"]:
        if message["role"] == role:
            raise Refused("A conversation must alternate between user and assistant roles.")
        role = message["role"]
        if not message["content"]:
            raise Refused("The content field in the Message object is empty.")
        for block in message["content"]:
            thought = (block.get("reasoningContent") or {}).get("reasoningText")
            if thought and thought.get("signature") != sign(thought["text"]):
                raise Refused("Invalid `signature` in `thinking` block")
        called = [it["toolUse"]["toolUseId"] for it in message["content"] if "toolUse" in it]
        turns.append((role, called, [it["toolResult"]["toolUseId"] for it in message["content"] if "toolResult" in it]))
    check_pairs(turns)
    if any(called for _, called, _ in turns) and not body.get("toolConfig"):
        raise Refused("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
    if thinks(body) and turns[-1][2] and "reasoningContent" not in body["messages"][-2]["content"][0]:
        raise Refused("Expected `thinking` or `redacted_thinking`, but found `tool_use`.")


def results(message):
    inner = [it for block in message["content"] if "toolResult" in block for it in block["toolResult"]["content"]]
    return [it["text"] if "text" in it else json.dumps(it["json"]) for it in inner]


def answer(turn):
    content = []
    if turn.thought:
        text = {"text": turn.thought, "signature": sign(turn.thought)}
        content.append({"reasoningContent": {"reasoningText": text}})
    if turn.text:
        content.append({"text": turn.text})
    for it in turn.call_ids:
        use = {"toolUseId": f"tooluse_{it}", "name": turn.tool, "input": turn.arguments}
        content.append({"toolUse": use})
    message = {"role": "assistant", "content": content}
    return {"output": {"message": message}, "metrics": {"latencyMs": 5}, "stopReason": stop(turn), "usage": usage(turn)}


def events(turn):
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(answer(turn)["output"]["message"]["content"]):
        if "reasoningContent" in block:
            text = block["reasoningContent"]["reasoningText"]
            deltas = [{"reasoningContent": {"text": it}} for it in halves(text["text"])]
            deltas.append({"reasoningContent": {"signature": text["signature"]}})
        elif "toolUse" in block:
            use = block["toolUse"]
            start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            yield "contentBlockStart", {"start": start, "contentBlockIndex": index}
            deltas = [{"toolUse": {"input": it}} for it in halves(json.dumps(use["input"]))]
        else:
            deltas = [{"text": it} for it in halves(block["text"])]
        for delta in deltas:
            yield "contentBlockDelta", {"delta": delta, "contentBlockIndex": index}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": stop(turn)}
    yield "metadata", {"usage": usage(turn), "metrics": {"latencyMs": 5}}


def stop(turn):
    return "tool_use" if turn.tool else "end_turn"


def usage(turn):
    total = turn.input_tokens + turn.output_tokens
    return {"inputTokens": turn.input_tokens, "outputTokens": turn.output_tokens, "totalTokens": total}


def interruption():
    """An error in the middle of a stream."""
    return frame("throttlingException", {"message": "Too many requests"}, "exception")


def error(status, message):
    kind = ERRORS.get(status, "ServiceUnavailableException")
    return {"x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/"}, {"message": message}
