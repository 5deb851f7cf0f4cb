#!/usr/bin/env python3
"""A push service or gateway for tests: says on standard output what comes.

    push_gateway.py [--tls CERTIFICATE KEY] [ANSWER...]

The first line is "port N". Then a line for each request: its bytes in hex.
The answers go to the requests in turn, the last one to all further ones: a
status (201), a status with a place to go to (302=http://...), "silence" for
none at all, or "drip" for one that never ends.
"""
import socket
import ssl
import sys
import threading
import time


def read_request(connection):
    """The whole request, or nothing when the other side is gone."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(65536)
        if not more:
            return b""
        got += more
    head, body = got.split(b"\r\n\r\n", 1)
    wanted = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            wanted = int(value)
    while len(body) < wanted:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class Gateway:
    def __init__(self, answers):
        self.answers = answers
        self.num = 0
        self.lock = threading.Lock()

    def next_answer(self, request):
        with self.lock:
            print(request.hex(), flush=True)
            answer = self.answers[min(self.num, len(self.answers) - 1)]
            self.num += 1
        return answer

    def serve(self, connection, tls):
        try:
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            while True:
                request = read_request(connection)
                if not request:
                    return
                self.reply(connection, self.next_answer(request))
        except OSError:
            pass
        finally:
            connection.close()

    def reply(self, connection, answer):
        if answer == "silence":
            time.sleep(1000)
        if answer == "drip":
            connection.sendall(b"HTTP/1.1 201 Created\r\nX-Drip: ")
        while answer == "drip":
            connection.sendall(b"x")
            time.sleep(0.1)
        status, _, place = answer.partition("=")
        where = f"Location: {place}\r\n" if place else ""
        connection.sendall(f"HTTP/1.1 {status} So\r\n{where}"
                           "Content-Length: 3\r\n\r\nyes".encode())


def main(args):
    tls = None
    if args[:1] == ["--tls"]:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args[1], args[2])
        args = args[3:]
    gateway = Gateway(args or ["201"])
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print("port", listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=gateway.serve, args=(connection, tls),
                             daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1:])
