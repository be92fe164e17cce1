"""The Gemini API of Google AI Studio."""

from .session import Refused, known, sign, sse, take_turn

FIELDS = "contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent labels".split()
GENERATION = """stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount
    maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs speechConfig
    enableEnhancedCivicAnswers thinkingConfig imageConfig mediaResolution""".split()
SCHEMA = """type format title description nullable enum maxItems minItems properties required minProperties maxProperties
    minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum""".split()
# Fields whose inside belongs to the caller's tools.
OWN = ["args", "response", "properties", "parametersJsonSchema", "parameters_json_schema"]
ERRORS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
FAULTS = {"limit": (429, "You exceeded your current quota."), "overload": (503, "The model is overloaded.")}


def authenticate(request):
    if request.credential not in (request.headers.get("x-goog-api-key"), request.query.get("key", [""])[0]):
        raise Refused("API key not valid. Please pass a valid API key.")


def answer(request, body, plan):
    body = camel(body)
    known(body, FIELDS)
    known(body.get("generationConfig") or {}, GENERATION)
    check(body)
    declared = [it for tool in body.get("tools") or [] for it in tool.get("functionDeclarations") or []]
    for it in declared:
        check_schema(it.get("parameters") or {})
    thinks = bool((body.get("generationConfig") or {}).get("thinkingConfig", {}).get("includeThoughts"))
    said = take_turn(plan, [it["name"] for it in declared], results(body["contents"][-1]), thinks, body)
    if request.bare.endswith(":generateContent"):
        request.reply("application/json", chunk(parts(said), said, "STOP"), said)
    elif request.query.get("alt") == ["sse"]:
        request.reply("text/event-stream", (sse(it) for it in chunks(said)), said)
    else:
        raise Refused("a stream without alt=sse")


def camel(value):
    """Google reads a field under its name in protocol buffers too, besides that in JSON."""
    if isinstance(value, list):
        return [camel(it) for it in value]
    if not isinstance(value, dict):
        return value
    return {spell(name): inner if name in OWN else camel(inner) for name, inner in value.items()}


def spell(name):
    first, *rest = name.split("_")
    return first + "".join(it.title() for it in rest)


def count(request, body, _plan):
    known(body, ["contents", "generateContentRequest"])
    request.reply("application/json", {"totalTokens": 321})


def check(body):
    """A function's answer follows its call, one each, in the turn after it; Gemini 3 wants its signature back."""
    called = []
    for content in body["contents"]:
        inside = content.get("parts") or []
        if content.get("role") not in ("user", "model") or not inside:
            raise Refused("contents: a turn is of the user or of the model, and has parts")
        answered = [it["functionResponse"]["name"] for it in inside if "functionResponse" in it]
        if answered != called:
            raise Refused("the number of function response parts is not equal to that of the function call parts")
        if any(not isinstance(it["functionResponse"]["response"], dict) for it in inside if "functionResponse" in it):
            raise Refused("functionResponse.response is no object")
        calls = [it for it in inside if "functionCall" in it]
        if calls and content["role"] != "model":
            raise Refused("a function call in a turn of the user")
        if calls and calls[0].get("thoughtSignature") != signature(calls[0]["functionCall"]):
            raise Refused("Function call is missing a thought_signature in functionCall parts, or has a wrong one")
        called = [it["functionCall"]["name"] for it in calls]
    if called:
        raise Refused(f"the function calls {called} have no responses")


def signature(call):
    return sign(call["name"], call.get("args") or {})


def check_schema(schema):
    """`parameters` is Google's subset of OpenAPI's schema: it does not know JSON Schema's other words."""
    known(schema, SCHEMA)
    items = [schema["items"]] if "items" in schema else []
    for it in [*(schema.get("properties") or {}).values(), *(schema.get("anyOf") or []), *items]:
        check_schema(it)


def results(content):
    answers = [it["functionResponse"]["response"] for it in content["parts"] if "functionResponse" in it]
    return [" ".join(str(it) for it in response.values()) for response in answers]


def parts(said):
    found = []
    if said.thought:
        found.append({"text": said.thought, "thought": True})
    if said.text:
        found.append({"text": said.text})
    for at, _ in enumerate(said.call_ids):
        call = {"name": said.tool, "args": said.arguments}
        # Of calls made at once the first is signed.
        found.append({"functionCall": call} | ({} if at else {"thoughtSignature": signature(call)}))
    return found


def chunk(inside, said, finish=None):
    candidate = {"content": {"parts": inside, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    usage = {
        "promptTokenCount": said.input_tokens,
        "candidatesTokenCount": said.output_tokens,
        "totalTokenCount": said.input_tokens + said.output_tokens,
    }
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini", "responseId": "r0177"}


def chunks(said):
    """A part a chunk; texts in two."""
    found = []
    for part in parts(said):
        if "text" in part:
            middle = len(part["text"]) // 2
            found += [part | {"text": part["text"][:middle]}, part | {"text": part["text"][middle:]}]
        else:
            found.append(part)
    for at, part in enumerate(found):
        yield chunk([part], said, "STOP" if at + 1 == len(found) else None)


def interruption():
    """An error in the middle of a stream."""
    return sse(error(503, "The model is overloaded.")[1])


def error(status, message):
    return {}, {"error": {"code": status, "message": message, "status": ERRORS.get(status, "INTERNAL")}}
