"""A model provider that holds tool sessions: it plays Anthropic, Amazon Bedrock and Gemini, calls a tool that the request offers, and answers from the tool's result.

It is as strict as the providers are: a history that one of them would refuse is refused with status 400 and the reason, so a translation that loses an id, a signature or a role fails the session.
The stand-in of `tests/src/standin` is for load, delays and faults; this one is for what a conversation carries from turn to turn.
"""

from .server import Provider

__all__ = ["Provider"]
