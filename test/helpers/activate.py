"""Starts a program as systemd starts one whose socket it opened: activate.py <socket> <program> [argument...]"""
import os
import socket
import sys

path, *argv = sys.argv[1:]
# Two of them, so that the second is told from the first by its number.
for number, name in ((3, path), (4, path + "2")):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(name)
    listener.listen(16)
    if listener.fileno() == number:
        listener.detach()
        os.set_inheritable(number, True)
    else:
        os.dup2(listener.fileno(), number, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2")
os.execvp(argv[0], argv)
