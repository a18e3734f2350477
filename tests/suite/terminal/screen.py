"""Runs a command on a terminal, and prints as JSON what it drew, what is on the screen at its end, and its status.

Arguments: the columns; a text after which Ctrl-C is pressed, or nothing; the command.
"""

import fcntl, json, os, pty, re, struct, sys, termios

columns, until, command = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3:]

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    os.execv(command[0], command)

drawn, pressed = b"", False
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:  # the other side is closed
        break
    if not piece:
        break
    drawn += piece
    if until and not pressed and until in drawn:
        os.write(terminal, b"\x03")
        pressed = True
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

# As much of a terminal (ECMA-48) as is used: what is not known fails.
screen, row, column = [""], 0, 0
is_shown = True
for part in re.findall(r"\x1b\[\??[0-9;]*[A-Za-z]|.|\n", drawn.decode(), re.DOTALL):
    if part == "\n":
        row += 1
        if row == len(screen):
            screen.append("")
    elif part == "\r":
        column = 0
    elif part in ("\x1b[?25l", "\x1b[?25h"):
        is_shown = part.endswith("h")
    elif part.startswith("\x1b["):
        number, kind = int(re.sub(r"\D", "", part) or 1), part[-1]
        if kind == "A":
            row = max(row - number, 0)
        elif kind == "B":
            row += number
            screen += [""] * (row + 1 - len(screen))
        elif kind == "K":
            screen[row] = "" if part == "\x1b[2K" else screen[row][:column]
        else:
            assert kind == "m", part
    else:
        assert part.isprintable(), part
        if column == columns:  # a line that is full goes on in the next one
            row, column = row + 1, 0
            screen += [""] * (row + 1 - len(screen))
        line = screen[row].ljust(column)
        screen[row] = line[:column] + part + line[column + 1 :]
        column += 1
lines = "\n".join(line.rstrip() for line in screen).rstrip() + "\n"
# The lines that stay, as they would be without a terminal that breaks them.
stay = [line.rstrip("\r").split("\r")[-1] for line in drawn.decode().split("\n")[:-1]]
widest = max((len(re.sub(r"\x1b\[\??[0-9;]*[A-Za-z]", "", line)) for line in stay), default=0)
said = {"drawn": drawn.decode(), "screen": lines, "widest": widest, "cursor": is_shown, "status": status}
print(json.dumps(said))
