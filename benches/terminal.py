#!/usr/bin/env python3
"""The workbench measured in a pseudo-terminal: what reaches the terminal, and when.

    cargo build --release && python3 benches/terminal.py [FILLED]

FILLED is a directory that `cargo bench --bench cache` and `--bench journal` have filled with a million entries and ten thousand
records (`WICKDESK_BENCH_FILL=FILLED` for both). Needs Python 3 and nothing else; Linux, for /proc.
"""

import fcntl, json, math, os, pty, re, select, shutil, signal, statistics, struct, sys, tempfile, termios, time

BINARY = os.environ.get("WICKDESK", "target/release/wickdesk")
ROWS, COLUMNS = 60, 200


class Terminal:
    """A program in a terminal that answers what terminals are asked."""

    def __init__(self, home, arguments=()):
        self.begun = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {"TERM": "xterm-256color", "PATH": os.environ["PATH"], "HOME": home}
            for name in ("CONFIG", "CACHE", "DATA", "STATE"):
                environment[f"XDG_{name}_HOME"] = os.path.join(home, name.lower())
            os.execve(BINARY, [BINARY, *arguments], environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.seen = b""

    def read(self, timeout):
        """What comes within so many seconds; empty if nothing does."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return b""
        if b"\x1b[c" in data:
            os.write(self.fd, b"\x1b[?62;22c")
        return data

    def until(self, wanted, timeout=30.0):
        """Seconds until what is wanted (bytes, or a pattern) is written."""
        begun, seen = time.perf_counter(), b""
        while time.perf_counter() - begun < timeout:
            seen += self.read(0.5)
            found = wanted.search(seen) if hasattr(wanted, "search") else wanted in seen
            if found:
                return time.perf_counter() - begun
            seen = seen[-(1 << 16):]
        raise SystemExit(f"never written: {wanted!r}")

    def settle(self, quiet=0.3):
        while self.read(quiet):
            pass

    def write(self, data):
        while data:
            # A terminal takes no more than the program reads; what it writes meanwhile has to be read.
            readable, writable, _ = select.select([self.fd], [self.fd], [], 1.0)
            if readable:
                self.read(0)
            if writable:
                data = data[os.write(self.fd, data[:4096]):]

    def proc(self, name):
        with open(f"/proc/{self.pid}/{name}") as file:
            return file.read()

    def cpu(self):
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self):
        return int(re.search(r"VmRSS:\s+(\d+)", self.proc("status"))[1]) / 1024

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        while self.read(0.2):
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def say(what, goal, measured):
    print(f"| {what} | {goal} | {measured} |", flush=True)


def first_frame(home):
    times = []
    for _ in range(12):
        terminal = Terminal(home)
        terminal.until(b"Templates")
        times.append((time.perf_counter() - terminal.begun) * 1e3)
        terminal.settle(0.1)
        terminal.end()
    return f"{statistics.median(times[2:]):.1f} ms"


def keys_while_streaming(home):
    """From a key to its bytes, while an answer of 200 pieces a second streams."""
    path = os.path.join(home, "stream.jsonl")
    says = ["word " if n % 12 else "word.\n\n" for n in range(6000)]
    with open(path, "w") as file:
        json.dump({"says": says, "ms": 5}, file)
    terminal = Terminal(home, ["-m", f"recorded/{path}"])
    terminal.until(b"Templates")
    terminal.settle()
    terminal.write(b"\x1b[15~")
    terminal.until(b"word")
    terminal.write(b"/")
    # Cells that look as before are not written again: a word of the line is enough.
    terminal.until(re.compile(rb"type|look|keeps|ends"))
    footer = re.compile(rb"\x1b\[%d;\d+H" % ROWS)
    times = []
    for n in range(400):
        # Never in step with the frames.
        wait = time.perf_counter() + 0.03 + 0.02 * math.modf(n * 0.618)[0]
        while time.perf_counter() < wait:
            terminal.read(max(0.0, wait - time.perf_counter()))
        key = b"x" if n % 2 == 0 else b"\x7f"
        begun = time.perf_counter()
        os.write(terminal.fd, key)
        terminal.until(footer)
        times.append((time.perf_counter() - begun) * 1e3)
    terminal.end()
    times.sort()
    return f"{statistics.median(times):.2f} ms median, {times[len(times) * 99 // 100]:.1f} ms p99"


def burst(home):
    times = []
    for _ in range(5):
        terminal = Terminal(home)
        terminal.until(b"Templates")
        terminal.settle()
        begun = time.perf_counter()
        terminal.write(b"jk" * 500 + b"?")
        terminal.until(b"Everywhere")
        times.append((time.perf_counter() - begun) * 1e3)
        terminal.end()
    return f"{statistics.median(times):.1f} ms"


def idle(home):
    terminal = Terminal(home)
    terminal.until(b"Templates")
    terminal.write(b"\x1b[15~")
    terminal.settle(1.5)
    before, written = terminal.cpu(), 0
    until = time.perf_counter() + 10
    while time.perf_counter() < until:
        written += len(terminal.read(0.5))
    spent = terminal.cpu() - before
    terminal.end()
    return f"{spent / 10 * 100:.1f} %, {written} bytes in 10 s"


def paste(home, size, said):
    """A paste into a template, then a key: neither leaves the terminal without a word for long."""
    terminal = Terminal(home)
    terminal.until(b"Templates")
    terminal.settle()
    terminal.write(b"e")
    terminal.until(b"typing")
    text = b"".join(b"%d: a line that was pasted, of some length\n" % n for n in range(size // 40))[:size]
    begun = time.perf_counter()
    terminal.write(b"\x1b[200~" + text + b"\x1b[201~")
    sent = time.perf_counter()
    terminal.until(said)
    shown = time.perf_counter()
    terminal.settle(0.5)
    key = time.perf_counter()
    terminal.write(b"Z")
    terminal.until(b"Z")
    after = time.perf_counter()
    terminal.end()
    shutil.rmtree(os.path.join(home, "state"), ignore_errors=True)
    return (
        f"sent in {sent - begun:.2f} s, shown {(shown - sent) * 1e3:.0f} ms later; a key then {(after - key) * 1e3:.0f} ms"
    )


def memory(home):
    path = os.path.join(home, "candles.csv")
    price, lines = 1.1, ["time,open,high,low,close,volume"]
    for n in range(100_000):
        step = 0.0004 * math.sin(n * 12.9898) * math.cos(n * 0.37)
        close = price + step
        high, low = max(price, close) + 0.0002, min(price, close) - 0.0002
        lines.append(f"{1_500_000_000 + n * 900},{price:.5f},{high:.5f},{low:.5f},{close:.5f},{100 + n % 37}")
        price = close
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    terminal = Terminal(home, [path])
    terminal.until(b"100000 candles")
    terminal.settle(1.0)
    terminal.write(b"\x1b[15~")
    terminal.settle(1.0)
    resident = terminal.resident()
    terminal.end()
    return f"{resident:.0f} MB"


def main():
    with tempfile.TemporaryDirectory() as home:
        print("| what | goal | measured |\n|---|---|---|")
        say("first frame, nothing kept", "≤ 30 ms", first_frame(home))
        if len(sys.argv) > 1:
            say("first frame, 1,000,000 cache entries and 10,000 records", "≤ 30 ms", first_frame(sys.argv[1]))
        say("key to bytes while 200 words a second stream", "≤ 2 ms median, ≤ 16 ms p99", keys_while_streaming(home))
        say("1,000 keys at once, to what they lead to", "≤ 30 ms", burst(home))
        say("idle", "0 %", idle(home))
        say("a paste of 1 MB into a template", "does not freeze it", paste(home, 1 << 20, b"edited"))
        say("one of 5 MB, refused with a line", "does not freeze it", paste(home, 5 << 20, re.compile(rb"pasted|nothing")))
        say("resident memory, 100,000 candles, one answer", "≤ 60 MB", memory(home))


main()
