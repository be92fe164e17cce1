"""AWS's event stream encoding, `application/vnd.amazon.eventstream`: frames with two checksums."""

import json
import struct
from zlib import crc32


def frame(kind, payload, message_type="event"):
    """One message: its lengths and their checksum, its headers, its payload, the checksum of all of it."""
    naming = ":exception-type" if message_type == "exception" else ":event-type"
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in [(naming, kind), (":content-type", "application/json"), (":message-type", message_type)]
    )
    data = json.dumps(payload).encode()
    lengths = struct.pack(">II", 16 + len(headers) + len(data), len(headers))
    message = lengths + struct.pack(">I", crc32(lengths)) + headers + data
    return message + struct.pack(">I", crc32(message))
