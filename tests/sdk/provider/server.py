"""The HTTP side: which protocol a path speaks, whole and streamed replies, planned failures."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from . import anthropic, bedrock, gemini
from .session import Call, Plan, Refused

ROUTES = [
    ("/v1/messages", anthropic, anthropic.answer),
    ("/v1/messages/count_tokens", anthropic, anthropic.count),
    ("/converse", bedrock, bedrock.converse),
    ("/converse-stream", bedrock, bedrock.converse),
    ("/invoke", bedrock, bedrock.invoke),
    ("/invoke-with-response-stream", bedrock, bedrock.invoke),
    ("/count-tokens", bedrock, bedrock.count),
    (":generateContent", gemini, gemini.answer),
    (":streamGenerateContent", gemini, gemini.answer),
    (":countTokens", gemini, gemini.count),
]


class Provider:
    """The running provider."""

    def __init__(self, credential):
        self.credential = credential
        self.calls = []
        self.plan = Plan()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"provider": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def begin(self, **plan):
        """Forgets the last session and plans the next one."""
        self.calls = []
        self.plan = Plan(**plan)

    def refusals(self):
        return [(it.path, it.status, it.error) for it in self.calls if it.error]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    provider: Provider
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.credential = self.provider.credential
        address = urlsplit(self.path)
        self.bare, self.query = unquote(address.path), parse_qs(address.query)
        plan = self.provider.plan
        for ending, protocol, answer in ROUTES:
            if self.bare.endswith(ending):
                break
        else:
            self.send_error(404)
            return
        self.call = Call(protocol.__name__.rpartition(".")[2], self.bare, json.loads(self.raw))
        self.protocol, self.fault = protocol, plan.fault
        self.provider.calls.append(self.call)
        try:
            protocol.authenticate(self)
            if plan.fault in protocol.FAULTS:
                status, why = protocol.FAULTS[plan.fault]
                raise Refused(why, status)
            answer(self, self.call.body, plan)
        except Refused as refused:
            self.refuse(protocol, refused.status, str(refused))
        except (KeyError, TypeError, ValueError) as odd:
            self.refuse(protocol, 400, f"not a request of this protocol: {odd!r}")

    def refuse(self, protocol, status, why):
        self.call.status, self.call.error = status, why
        headers, body = protocol.error(status, why)
        self.reply("application/json", body, status=status, headers=headers)

    def reply(self, kind, body, turn=None, status=200, headers=None):
        """A whole answer, or the pieces of a stream; a cut one ends too early. `turn` is what it says."""
        if turn:
            self.call.input_tokens, self.call.output_tokens = turn.input_tokens, turn.output_tokens
            self.call.tool = turn.tool or ""
        pieces = [json.dumps(body).encode()] if isinstance(body, dict) else list(body)
        self.send_response(status)
        for name, value in {"content-type": kind, "transfer-encoding": "chunked", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.fault == "cut" and status == 200
        if cut and isinstance(body, dict):
            pieces = [pieces[0][: len(pieces[0]) // 2]]
        elif cut or self.fault == "interrupt":
            pieces = pieces[: max(1, len(pieces) * 2 // 3)]
        if self.fault == "interrupt":
            pieces.append(self.protocol.interruption())
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        if cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass
