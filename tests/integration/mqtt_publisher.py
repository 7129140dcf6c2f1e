"""The half of MQTT 3.1.1 that a test needs to know what the broker has: publish at QoS 1, wait for the acknowledgements."""

import json
import socket
import struct


def _text(text):
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


def _packet(head, body):
    length, digits = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        digits += bytes([digit | (0x80 if length else 0)])
        if not length:
            return bytes([head]) + digits + body


class Publisher:
    """One connection, one thread. publish() returns when the broker has acknowledged every message."""

    def __init__(self, port, client_id):
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._next = 0
        # Protocol level 4, clean session, no keep-alive.
        self._socket.sendall(_packet(0x10, _text("MQTT") + b"\x04\x02\x00\x00" + _text(client_id)))
        if self._take(4)[0] != 0x20:
            raise OSError("the broker refuses the connection")

    def _take(self, count):
        got = b""
        while len(got) < count:
            more = self._socket.recv(count - len(got))
            if not more:
                raise OSError("the broker ended the connection")
            got += more
        return got

    def publish(self, messages):
        """`messages`: (topic, payload) in the order in which subscribers shall see them."""
        frames = b""
        for topic, payload in messages:
            self._next = self._next % 65535 + 1
            payload = payload if isinstance(payload, str) else json.dumps(payload)
            frames += _packet(0x32, _text(topic) + struct.pack(">H", self._next) + payload.encode())
        self._socket.sendall(frames)
        for _ in messages:
            if self._take(4)[0] != 0x40:
                raise OSError("the broker does not acknowledge")

    def close(self):
        self._socket.sendall(b"\xe0\x00")
        self._socket.close()
