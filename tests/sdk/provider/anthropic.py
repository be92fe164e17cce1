"""Anthropic's Messages API."""

import json

from .session import Refused, check_pairs, halves, known, sign, sse, take_turn

# The one that everybody knew, and the one that the SDK of `tests/requirements.txt` names.
VERSIONS = ["2023-06-01", "2026-10-21"]
FIELDS = """model messages max_tokens system tools tool_choice thinking stream temperature top_p top_k
    stop_sequences metadata service_tier container context_management mcp_servers output_config output_format inference_geo
    cache_control speed""".split()
COUNTED = """model messages system tools tool_choice thinking cache_control context_management output_config
    mcp_servers""".split()
ERRORS = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
FAULTS = {"limit": (429, "This request would exceed your rate limit."), "overload": (529, "Overloaded")}


def authenticate(request):
    if request.headers.get("x-api-key") != request.credential:
        raise Refused("invalid x-api-key", 401)
    version = request.headers.get("anthropic-version")
    if version not in VERSIONS:
        raise Refused(f"anthropic-version: {version} is not a valid version")


def answer(request, body, plan):
    """A messages request: the turn, and the bytes that say it."""
    known(body, FIELDS)
    if "model" not in body:
        raise Refused("model: Field required")
    turn = turn_of(body, plan)
    name = body["model"]
    if body.get("stream"):
        request.reply("text/event-stream", (sse(it, it["type"]) for it in events(name, turn)), turn)
    else:
        request.reply("application/json", message(name, turn), turn)


def count(request, body, _plan):
    known(body, COUNTED)
    check(body)
    request.reply("application/json", {"input_tokens": 321})


def turn_of(body, plan):
    """Checks the request and says what follows. Bedrock's invocation has the same body."""
    if not isinstance(body.get("max_tokens"), int):
        raise Refused("max_tokens: Field required")
    check(body)
    tools = [it["name"] for it in body.get("tools") or []]
    if (body.get("tool_choice") or {}).get("type") == "none":
        tools = []
    return take_turn(plan, tools, results(body["messages"][-1]), thinks(body), body)


def thinks(body):
    return (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")


def check(body):
    turns = []
    for tool in body.get("tools") or []:
        if "type" not in tool and (tool.get("input_schema") or {}).get("type") != "object":
            raise Refused(f"tools: input_schema of {tool.get('name')}: Field required")
    for message in body["messages"]:
        blocks = content(message)
        if not blocks:
            raise Refused("messages: all messages must have non-empty content")
        for block in blocks:
            if block["type"] == "thinking" and block.get("signature") != sign(block["thinking"]):
                raise Refused("messages: Invalid `signature` in `thinking` block")
            if block["type"] == "text" and not block["text"]:
                raise Refused("messages: text content blocks must be non-empty")
        called = [it["id"] for it in blocks if it["type"] == "tool_use"]
        turns.append((message["role"], called, [it["tool_use_id"] for it in blocks if it["type"] == "tool_result"]))
    check_pairs(turns)
    if thinks(body) and results(body["messages"][-1]):
        first = content(body["messages"][-2])[0]["type"]
        if first not in ("thinking", "redacted_thinking"):
            raise Refused(f"messages: Expected `thinking` or `redacted_thinking`, but found `{first}`")


def content(message):
    blocks = message["content"]
    return [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks


def results(message):
    texts = []
    for block in content(message):
        if block["type"] == "tool_result":
            inner = block.get("content") or ""
            texts += [inner] if isinstance(inner, str) else [it["text"] for it in inner if it["type"] == "text"]
    return texts


def blocks_of(turn):
    blocks = []
    if turn.thought:
        blocks.append({"type": "thinking", "thinking": turn.thought, "signature": sign(turn.thought)})
    if turn.text:
        blocks.append({"type": "text", "text": turn.text})
    for it in turn.call_ids:
        blocks.append({"type": "tool_use", "id": f"toolu_{it}", "name": turn.tool, "input": turn.arguments})
    return blocks


def message(name, turn):
    usage = {"input_tokens": turn.input_tokens, "output_tokens": turn.output_tokens}
    stop = "tool_use" if turn.tool else "end_turn"
    head = {"id": "msg_0177", "type": "message", "role": "assistant", "model": name}
    return head | {"content": blocks_of(turn), "stop_reason": stop, "stop_sequence": None, "usage": usage}


def events(name, turn):
    """The stream: every block begins empty and comes in pieces."""
    whole = message(name, turn)
    usage = whole["usage"] | {"output_tokens": 1}
    yield {"type": "message_start", "message": whole | {"content": [], "stop_reason": None, "usage": usage}}
    yield {"type": "ping"}
    for index, block in enumerate(whole["content"]):
        if block["type"] == "thinking":
            start = block | {"thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": it} for it in halves(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        elif block["type"] == "text":
            start = block | {"text": ""}
            deltas = [{"type": "text_delta", "text": it} for it in halves(block["text"])]
        else:
            start = block | {"input": {}}
            deltas = [{"type": "input_json_delta", "partial_json": it} for it in halves(json.dumps(block["input"]))]
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": turn.output_tokens}}
    yield {"type": "message_stop"}


def interruption():
    """An error in the middle of a stream."""
    return sse(error(529, "Overloaded")[1], "error")


def error(status, message):
    kind = ERRORS.get(status, "overloaded_error" if status == 529 else "api_error")
    return {}, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_0177"}
