"""Runs a program in a terminal of its own. Lines on stdin say what happens there: `type <hex>`, `signal <number>`, `hang-up`.
What the program writes comes on stdout; at its end a last line tells how it ended and whether the terminal is as it was."""

import os
import pty
import select
import signal
import sys
import termios

master, slave = pty.openpty()
before = termios.tcgetattr(slave)
child = os.fork()
if child == 0:
    os.setsid()
    import fcntl

    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(slave, descriptor)
    os.close(master)
    os.execvp(sys.argv[1], sys.argv[1:])

lines = b""
is_open = True
status = None
while status is None:
    sources = [source for source in ([master] if is_open else []) + [0]]
    ready, _, _ = select.select(sources, [], [], 0.02)
    if master in ready:
        try:
            os.write(1, os.read(master, 4096))
        except OSError:
            is_open = False
    if 0 in ready:
        lines += os.read(0, 4096)
        while b"\n" in lines:
            line, lines = lines.split(b"\n", 1)
            words = line.decode().split()
            if words[0] == "type":
                os.write(master, bytes.fromhex(words[1]))
            elif words[0] == "signal":
                os.kill(child, int(words[1]))
            elif words[0] == "hang-up":
                os.close(slave)
                os.close(master)
                is_open = False
    done, code = os.waitpid(child, os.WNOHANG)
    if done == child:
        status = code
while is_open and select.select([master], [], [], 0)[0]:
    try:
        os.write(1, os.read(master, 4096))
    except OSError:
        break
restored = not is_open or termios.tcgetattr(slave) == before
ended = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else str(os.WEXITSTATUS(status))
os.write(1, f"\nended {ended} restored {restored}\n".encode())
