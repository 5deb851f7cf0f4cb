"""A relay and devices for tests of the command line: programs that run, and
are gone at the end."""
import concurrent.futures
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Running:
    """A program that goes on, its lines, and its input."""

    def __init__(self, command, **more):
        self.process = subprocess.Popen(
            command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **more)
        self.lines, self.errors, self.changed = [], [], threading.Condition()
        self.threads = [
            threading.Thread(target=self.collect, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.lines),
                         (self.process.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    def collect(self, stream, lines):
        for line in stream:
            with self.changed:
                lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def wait_for(self, found, timeout=30):
        """The first line that `found` likes, now or to come."""
        end = time.monotonic() + timeout
        at = 0
        with self.changed:
            while True:
                for line in self.lines[at:]:
                    if found(line):
                        return line
                at = len(self.lines)
                if not self.changed.wait(max(0, end - time.monotonic())):
                    raise AssertionError(
                        f"not said within {timeout} s: {self.lines[-9:]} "
                        f"{self.errors[-9:]}")

    def json_with(self, key, timeout=30):
        def has(line):
            return line.startswith("{") and key in json.loads(line)
        return json.loads(self.wait_for(has, timeout))[key]

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def finish(self, timeout=30):
        """Its exit status, without being told to end."""
        status = self.process.wait(timeout)
        self.close()
        return status

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.finish()

    def close(self):
        for thread in self.threads:
            thread.join(10)
        for stream in (self.process.stdin, self.process.stdout,
                       self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass


class Family:
    def __init__(self, covey, relay):
        self.covey, self.relay_program = covey, relay
        # In memory where there is such a place: what reaches a disk is not
        # the subject here, and waiting for it takes longest.
        shm = "/dev/shm"
        self.directory = tempfile.mkdtemp(
            prefix="covey-family-",
            dir=shm if os.access(shm, os.W_OK) else None)
        self.port = free_port()
        self.relay = f"localhost:{self.port}"
        self.running = []
        self.way = ["--plain-loopback"]  # to the relay
        self.relay_options = []
        self.prepare()
        self.start_relay()

    def prepare(self):
        """Before the relay starts."""

    def path(self, name):
        return os.path.join(self.directory, name)

    def start_relay(self):
        self.relay_process = self.start_program(
            self.relay_program, "--name", "localhost", "--port",
            str(self.port), "--database", self.path("relay.db"),
            *self.relay_options)
        for _ in range(500):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(
            f"the relay does not listen: {self.relay_process.errors}")

    def stop_relay(self):
        self.running.remove(self.relay_process)
        self.relay_process.end()

    def kill_relay(self):
        """As a power cut would, or an operator in a hurry."""
        self.running.remove(self.relay_process)
        self.relay_process.process.kill()
        self.relay_process.finish()

    # ---- the whole world, put back ----

    def snapshot(self, name):
        """All devices and the relay as they are now. Nothing else runs."""
        self.stop_relay()
        os.mkdir(self.path(name))
        for entry in os.listdir(self.directory):
            if entry != name and not entry.startswith("snapshot"):
                subprocess.run(["cp", "-r", self.path(entry),
                                self.path(name)], check=True)
        self.start_relay()

    def restore(self, name):
        self.stop_relay()
        for entry in os.listdir(self.path(name)):
            path = self.path(entry)
            (shutil.rmtree if os.path.isdir(path) else os.unlink)(path)
            os.rename(os.path.join(self.path(name), entry), path)
        os.rmdir(self.path(name))
        self.start_relay()

    def close(self):
        for program in reversed(self.running):
            program.end()
        shutil.rmtree(self.directory)

    # ---- programs ----

    def start_program(self, *command):
        program = Running(command)
        self.running.append(program)
        return program

    def let_go(self, program):
        """Its exit status when it is told to end."""
        self.running.remove(program)
        return program.end()

    def command(self, home, words):
        return [self.covey, *self.way, "--home", self.path(home), *words]

    def start(self, home, *words):
        return self.start_program(*self.command(home, words))

    def attempt(self, home, *words, timeout=60):
        """However it ends."""
        return subprocess.run(self.command(home, words), text=True,
                              capture_output=True, timeout=timeout,
                              stdin=subprocess.DEVNULL)

    def together(self, *attempts):
        """Each a home and words, all at once; how they ended."""
        with concurrent.futures.ThreadPoolExecutor(len(attempts)) as pool:
            return list(pool.map(lambda words: self.attempt(*words),
                                 attempts))

    def run(self, home, *words, status=0, timeout=60):
        """What it prints; it ends with this status."""
        result = self.attempt(home, *words, timeout=timeout)
        assert result.returncode == status, (
            f"{words} ended with {result.returncode}, not {status}: "
            f"{result.stdout} {result.stderr}")
        self.errors = result.stderr
        return result.stdout

    def json(self, home, *words, **more):
        return json.loads(self.run(home, "--json", *words, **more))

    # ---- a circle ----

    def found(self, home):
        self.run(home, "init", "--relay", self.relay)

    def join(self, guardian, home, kind, name, own=False):
        """The new device's id."""
        new = self.start(home, "--json", "invite", kind, "--relay", self.relay)
        uri = new.json_with("uri")
        old = self.start(guardian, "--json", "accept", uri, "--name", name,
                         *(["--own"] if own else []))
        digits = new.json_with("digits")
        old.json_with("ask")
        old.say(digits)
        member = old.json_with("member")
        assert old.finish() == 0, old.errors
        new.say("")
        assert new.finish() == 0, new.errors
        self.running.remove(old)
        self.running.remove(new)
        return member


def until(condition, timeout=30, step=0.1):
    """Asks until the answer is true; answers it."""
    end = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(step)
