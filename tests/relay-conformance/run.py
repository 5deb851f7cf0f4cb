#!/usr/bin/env python3
"""Runs relay-conformance against a relay that it starts.

    run.py SUITE --relay PROGRAM    covey-relay: all cases must pass
    run.py SUITE --lies             a relay in Python: all cases must pass;
                                    then with each lie, which its case must
                                    catch
"""
import argparse
import concurrent.futures
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

import lying_relay

HERE = pathlib.Path(__file__).resolve().parent
NAME = "relay.example"
QUOTA = 300


def free_port():
    """Not of those from which the system takes the clients' ends."""
    while True:
        port = random.randrange(10000, 30000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def wait_for(port, process):
    for _ in range(500):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    sys.exit("the relay does not come up")


def suite(program, port, *options):
    done = subprocess.run(
        [program, f"http://127.0.0.1:{port}", "--relay-name", NAME,
         "--quota", str(QUOTA), *options], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def end(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def try_relay(program, relay):
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            [relay, "--name", NAME, "--port", str(port), "--database",
             f"{directory}/relay.db", "--mailbox-blobs", str(QUOTA),
             "--wait-max", "5"])
        try:
            wait_for(port, process)
            status, text = suite(program, port)
        finally:
            end(process)
    print(text, end="")
    return status == 0 and process.returncode == 0


def try_lie(program, lie):
    """Gives what is wrong with the suite, or None."""
    command = [sys.executable, str(HERE / "lying_relay.py"), "--name", NAME,
               "--quota", str(QUOTA)]
    options = []
    if lie is not None:
        command += ["--lie", lie]
        options = ["--case", lying_relay.LIES[lie]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        status, text = suite(program, int(process.stdout.readline()), *options)
    finally:
        end(process)
    if lie is None and status != 0:
        return f"an honest relay fails:\n{text}"
    if lie is not None and (status != 1 or "FAIL" not in text):
        return f"{lie} is not caught:\n{text}"
    if lie is not None:
        why = text.splitlines()[2].strip()
        print(f"{lie:28} {lying_relay.LIES[lie]}: {why}", flush=True)
    return None


def cases_without_a_lie(program):
    listed = subprocess.run([program, "--list"], capture_output=True,
                            text=True, check=True).stdout
    return ({line.split()[0] for line in listed.splitlines()} -
            set(lying_relay.LIES.values()))


def try_lies(program):
    untried = cases_without_a_lie(program)
    wrong = [f"no lie tries {case}" for case in sorted(untried)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        tried = pool.map(lambda lie: try_lie(program, lie),
                         [None, *lying_relay.LIES])
        wrong += [why for why in tried if why is not None]
    print("\n".join(wrong))
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite")
    parser.add_argument("--relay")
    parser.add_argument("--lies", action="store_true")
    options = parser.parse_args()
    ok = True
    if options.relay:
        ok = try_relay(options.suite, options.relay) and ok
    if options.lies:
        ok = try_lies(options.suite) and ok
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
