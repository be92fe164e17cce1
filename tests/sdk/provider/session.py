"""What all protocols share: the turn that is said, the tool that is called, signatures, refusals."""

import hashlib
import itertools
import json
from dataclasses import dataclass, field


class Refused(Exception):
    """The request is one that the provider answers with an error."""

    def __init__(self, why, status=400):
        super().__init__(why)
        self.status = status


@dataclass
class Call:
    """One request and what was reported for it."""

    protocol: str
    path: str
    body: dict
    status: int = 200
    error: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    tool: str = ""


@dataclass
class Plan:
    """What the session is about: the tool to call, how often at once, and how the provider fails."""

    tool: str = "weather"
    arguments: dict = field(default_factory=lambda: {"city": "Paris"})
    calls: int = 1
    # `limit` and `overload` are refusals; in the middle of the answer the connection ends by `cut`, and an error comes by
    # `interrupt`.
    fault: str | None = None


@dataclass
class Turn:
    """What the model says."""

    thought: str | None = None
    text: str | None = None
    tool: str | None = None
    arguments: dict | None = None
    call_ids: list = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0


THOUGHT = "The tool knows this."
numbers = itertools.count(1)


def take_turn(plan, offered, results, thinks, said):
    """The model's next turn: the planned tool when it is offered and has not answered yet, else words.

    `results` are the texts of the tool results of the last turn, `said` is what the input is counted by.
    """
    turn = Turn(thought=THOUGHT if thinks else None, input_tokens=40 + len(json.dumps(said)) // 4, output_tokens=12)
    if results:
        turn.text = "The tool says: " + " ".join(results)
    elif plan.tool in offered:
        turn.tool, turn.arguments = plan.tool, plan.arguments
        turn.call_ids = [f"{next(numbers):04}" for _ in range(plan.calls)]
        turn.output_tokens = 17
    else:
        turn.text = "There is nothing to look up."
    return turn


def sign(*parts):
    """The provider's signature of what it said. A client cannot make one up."""
    return hashlib.sha256(json.dumps(["of the provider", *parts], sort_keys=True).encode()).hexdigest()


def known(body, fields):
    """Providers refuse a field that they do not know."""
    unknown = sorted(set(body) - set(fields))
    if unknown:
        raise Refused(f"{unknown[0]}: Extra inputs are not permitted")


def halves(text):
    """A text in two pieces, as a stream brings it."""
    middle = max(1, len(text) // 2)
    return [it for it in (text[:middle], text[middle:]) if it]


def check_pairs(turns):
    """Each turn is `(role, ids called, ids answered)`: what is called is answered in the next turn, and nothing else."""
    open_calls = []
    for role, called, answered in turns:
        if sorted(open_calls) != sorted(answered):
            raise Refused(f"tool results {answered} do not answer the tool calls {open_calls} of the turn before")
        if called and role != "assistant":
            raise Refused("a tool call in a turn of the user")
        if answered and role != "user":
            raise Refused("a tool result in a turn of the assistant")
        if len(set(called)) != len(called):
            raise Refused(f"tool calls with one id: {called}")
        open_calls = called
    if open_calls:
        raise Refused(f"the tool calls {open_calls} have no results")


def sse(data, event=None):
    """One server-sent event."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {json.dumps(data)}\n\n".encode()
