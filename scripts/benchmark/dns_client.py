"""Asks 127.0.0.11 for one name, so many questions in flight at a time, for so many seconds; prints the answers a second.
An answer that is no address, and one that does not come within a second, ends it with an error."""
import socket
import struct
import sys
import time

name, flight, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
questions = [struct.pack(">6H", identity, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1) for identity in range(flight)]

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(1)
client.connect(("127.0.0.11", 53))
for question in questions:
    client.send(question)
answers = 0
started = time.monotonic()
deadline = started + seconds
while answers % 64 or time.monotonic() < deadline:
    answer = client.recv(512)
    identity, flags, _, count = struct.unpack(">4H", answer[:8])
    if flags & 0x800F != 0x8000 or count == 0:
        sys.exit(f"not an address: {answer!r}")
    answers += 1
    client.send(questions[identity])
print(round(answers / (time.monotonic() - started)))
