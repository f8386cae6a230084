"""Runs a program in a pseudo terminal, driven by JSON lines on stdin; what the terminal shows goes to stdout.

Lines: {"write": "text"}, {"resize": [rows, columns]}. Exits with the program's code, or 128 + signal.
"""
import fcntl, json, os, pty, select, struct, sys, termios

rows, columns, argv = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


pid, master = pty.fork()
if pid == 0:
    # The size is there before the program can ask for it.
    resize(0, rows, columns)
    os.execvp(argv[0], argv)

commands, pending = [master, 0], b""
while True:
    ready, _, _ = select.select(commands, [], [])
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError:  # EIO: the last holder of the slave has gone
            data = b""
        if not data:
            break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            commands.remove(0)
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            command = json.loads(line)
            if "write" in command:
                os.write(master, command["write"].encode())
            if "resize" in command:
                resize(master, *command["resize"])

_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
