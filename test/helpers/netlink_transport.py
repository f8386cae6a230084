"""Sends the netlink messages on stdin in one datagram from the namespace it runs in, and prints the answers.

Arguments: protocol, then files to open as descriptors 100, 101, ... (network namespaces that messages refer to).
Exits with the first negative answer's errno, 0 for success. Knows the framing only, none of the contents.
"""
import os, socket, struct, sys

protocol, files = int(sys.argv[1]), sys.argv[2:]
for number, path in enumerate(files):
    descriptor = os.open(path, os.O_RDONLY)
    os.dup2(descriptor, 100 + number)

request = sys.stdin.buffer.read()


def messages(data):
    offset = 0
    while offset + 16 <= len(data):
        length, kind, flags = struct.unpack_from("=IHH", data, offset)
        yield kind, flags, data[offset : offset + length]
        offset += (length + 3) & ~3


pending = sum(1 for _, flags, _ in messages(request) if flags & 4 or flags & 0x300 == 0x300)
link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
link.settimeout(5)
link.bind((0, 0))
link.sendto(request, (0, 0))
while pending > 0:
    answer = link.recv(1 << 20)
    for kind, _, message in messages(answer):
        if kind == 3:  # NLMSG_DONE
            pending -= 1
        elif kind == 2:  # NLMSG_ERROR, an acknowledgement when it is 0
            (error,) = struct.unpack_from("=i", message, 16)
            if error < 0:
                sys.exit(-error)
            pending -= 1
    sys.stdout.buffer.write(answer)
