# Listens where --console-socket says, takes the terminal's master, and copies what is written to the terminal to its output, until
# the terminal's last user is gone.
import os
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
listener.listen(1)
connection, _ = listener.accept()
_, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
while True:
    try:
        data = os.read(descriptors[0], 4096)
    except OSError:  # EIO
        break
    if not data:
        break
    os.write(1, data)
