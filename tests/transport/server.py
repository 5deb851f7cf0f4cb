#!/usr/bin/env python3
"""A relay for the transport's tests that does what its path says.

    server.py DIRECTORY LISTENER...

LISTENER: plain, tls, expired, other (a certificate for another host),
self (signed by itself), h2, mute (takes connections and says nothing),
proxy, proxy-plain, proxy-refuses. Certificates are made in DIRECTORY, their
authority is DIRECTORY/ca.pem.

Prints "ready LISTENER=PORT ...", then a line for all that happens. Ends with
its standard input. Standard library only.
"""
import gzip
import http.server
import itertools
import os
import pathlib
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

LONG = 100 * 1000 * 1000
TLS = {"tls", "expired", "other", "self", "h2"}

say_lock = threading.Lock()
numbers = itertools.count(1)
ports = {}


def say(*words):
    with say_lock:
        print(*words, flush=True)


# ------------------------------------------------------------ certificates

def openssl(directory, *words):
    subprocess.run(["openssl", *words], cwd=directory, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_authority(directory):
    openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-days", "2", "-subj", "/CN=a test's authority")


def make_certificate(directory, name):
    names = ("DNS:another.test" if name == "other" else
             "IP:127.0.0.1,DNS:localhost,DNS:relay.test")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
           "-keyout", f"{name}.key", "-subj", "/CN=relay"]
    (directory / f"{name}.ext").write_text(f"subjectAltName={names}\n")
    if name == "self":
        openssl(directory, "req", "-x509", *key, "-out", f"{name}.pem",
                "-days", "2", "-addext", f"subjectAltName={names}")
        return
    openssl(directory, "req", "-new", *key, "-out", f"{name}.csr")
    openssl(directory, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem",
            "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem",
            "-days", "-1" if name == "expired" else "2",
            "-extfile", f"{name}.ext")


def tls_context(directory, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / f"{name}.pem",
                            directory / f"{name}.key")
    context.set_alpn_protocols(["h2" if name == "h2" else "http/1.1"])
    return context


# ----------------------------------------------------------------- HTTP/1.1

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        self.number = next(numbers)
        resumed = getattr(self.request, "session_reused", False)
        say("conn", self.server.name, self.number,
            "resumed" if resumed else "fresh")
        super().setup()

    def log_message(self, *unused):
        pass

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass
        say("end", self.number)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        known = {"host", "content-length", "content-type"}
        others = sorted(name.lower() for name in self.headers.keys()
                        if name.lower() not in known)
        say("post", self.number, body[2:34].hex() or "-", self.path,
            self.headers.get("Content-Type", "-"), ",".join(others) or "-")
        name = self.path.split("/")[1]
        try:
            getattr(self, "do_" + name)(body)
        except OSError as error:
            say("broke", self.number, type(error).__name__)
            self.close_connection = True

    def do_GET(self):
        say("get", self.number, self.path)
        self.answer(b"")

    def answer(self, body, status=200, **headers):
        self.send_response(status)
        headers.setdefault("Content_Type", "application/octet-stream")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def client_goes(self, seconds):
        """Whether the client closes the connection within that time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable:
                try:
                    return not self.connection.recv(1)
                except OSError:
                    return True
        return False

    def do_echo(self, body):
        self.answer(body)

    def do_close(self, body):
        self.close_connection = True
        self.answer(body, Connection="close")

    def do_wait(self, body):
        say("waiting", self.number)
        if self.client_goes(20):
            say("gone", self.number)
            self.close_connection = True
        else:
            self.answer(body)

    def do_hold(self, body):
        time.sleep(1)
        self.answer(body)

    def do_cookie(self, body):
        self.answer(body, Set_Cookie="id=7; Path=/")

    def do_redirect(self, body):
        status = int(self.path.split("/")[2])
        name, port = self.server.name, self.server.server_address[1]
        scheme = "https" if name in TLS else "http"
        self.answer(b"", status,
                    Location=f"{scheme}://127.0.0.1:{port}/echo/v1/sync",
                    Refresh="0; url=/echo/v1/sync")

    def do_status(self, body):
        self.answer(body, int(self.path.split("/")[2]))

    def do_type(self, body):
        _, _, status, kind, *_ = self.path.split("/")
        self.answer(body, int(status), Content_Type={
            "none": "", "html": "text/html", "longer":
            "application/octet-streams", "first": "application",
            "large": "Application/Octet-Stream",
            "more": "application/octet-stream; charset=binary"}[kind])

    def flood(self, piece):
        sent = 0
        try:
            while sent < LONG:
                sent += self.connection.send(piece)
        finally:
            say("flooded", self.number, sent)

    def do_long(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(LONG))
        self.end_headers()
        self.flood(bytes(65536))

    def do_endless(self, body):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.flood(b"10000\r\n" + bytes(65536) + b"\r\n")

    def do_pieces(self, body):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.flood(b"64\r\n" + bytes(100) + b"\r\n")

    def do_headers(self, body):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self.flood(b"X: " + b"y" * 200 + b"\r\n")

    def do_continue(self, body):
        self.flood(b"HTTP/1.1 100 Continue\r\n\r\n")

    def do_bomb(self, body):
        self.answer(gzip.compress(bytes(10000000)), Content_Encoding="gzip")

    def do_stall(self, body):
        self.send_response(200)
        self.send_header("Content-Length", "50")
        self.end_headers()
        self.wfile.write(b"begun")
        say("waiting", self.number)
        if self.client_goes(20):
            say("gone", self.number)
        self.close_connection = True

    def do_drip(self, body):
        self.send_response(200)
        self.send_header("Content-Length", "50")
        self.end_headers()
        for _ in range(50):
            self.wfile.write(b".")
            if self.client_goes(0.5):
                say("gone", self.number)
                break
        self.close_connection = True

    def do_early(self, body):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", "50")
        self.end_headers()
        self.wfile.write(b"begun")

    def do_junk(self, body):
        self.close_connection = True
        self.wfile.write(b"\x00\xffthis is not HTTP\r\n\r\n" * 8)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True

    def __init__(self, name, context):
        self.name, self.context = name, context
        super().__init__(("127.0.0.1", 0), Handler)

    def finish_request(self, request, client_address):
        """In a thread of its own: a handshake may take long, or fail."""
        if self.context:
            request.settimeout(10)
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except (OSError, ssl.SSLError) as error:
                say("handshake", self.name, type(error).__name__)
                return
            request.settimeout(None)
        if self.name == "h2":
            serve_http2(request)
        else:
            self.RequestHandlerClass(request, client_address, self)

    def handle_error(self, request, client_address):
        say("error", repr(sys.exc_info()[1]))


# ------------------------------------------------------------------- HTTP/2

def read_exactly(connection, length):
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def frame(kind, flags, stream, payload=b""):
    return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) +
            struct.pack(">I", stream) + payload)


def serve_http2(connection):
    """As much of it as one client needs that says little: each request is
    answered with its own body, or waits until it is reset when the body ends
    with "wait"."""
    number = next(numbers)
    bodies = {}
    say("conn", "h2", number, connection.selected_alpn_protocol())
    try:
        read_exactly(connection, 24)
        # SETTINGS with a large initial window; and as much for the connection.
        connection.sendall(frame(4, 0, 0, struct.pack(">HI", 4, 1 << 30)) +
                           frame(8, 0, 0, struct.pack(">I", 1 << 30)))
        while True:
            head = read_exactly(connection, 9)
            length = int.from_bytes(head[:3], "big")
            kind, flags = head[3], head[4]
            stream = int.from_bytes(head[5:], "big") & 0x7fffffff
            payload = read_exactly(connection, length)
            if kind == 4 and not flags & 1:
                connection.sendall(frame(4, 1, 0))
            elif kind == 6 and not flags & 1:
                connection.sendall(frame(6, 1, 0, payload))
            elif kind == 3:
                say("reset", number, stream)
            elif kind == 1:
                bodies[stream] = b""
            elif kind == 0:
                bodies[stream] += payload
                if flags & 1:
                    answer_http2(connection, number, stream, bodies[stream])
    except (EOFError, OSError):
        say("end", number)


def answer_http2(connection, number, stream, body):
    say("post", number, body[2:34].hex(), "h2")
    if body.endswith(b"wait"):
        say("waiting", number)
        return
    # HPACK's static table: :status 200, and the name of content-type.
    kind = b"application/octet-stream"
    out = frame(1, 4, stream, b"\x88\x0f\x10" + bytes([len(kind)]) + kind)
    while len(body) > 16384:
        out += frame(0, 0, stream, body[:16384])
        body = body[16384:]
    connection.sendall(out + frame(0, 1, stream, body))


# -------------------------------------------------------------------- proxy

def pass_on(source, sink):
    try:
        while True:
            piece = source.recv(65536)
            if not piece:
                break
            sink.sendall(piece)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve_proxy(name, connection):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            return
        head += piece
    lines = head.decode("latin-1").split("\r\n")
    others = sorted(line.split(":")[0].lower() for line in lines[1:]
                    if line and not line.lower().startswith("host:"))
    say("proxy", *lines[0].split()[:2], ",".join(others) or "-")
    if name == "proxy-refuses" or not lines[0].startswith("CONNECT "):
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\n"
                           b"Content-Length: 0\r\n\r\n")
        return
    target = "plain" if name == "proxy-plain" else "tls"
    there = socket.create_connection(("127.0.0.1", ports[target]))
    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    threading.Thread(target=pass_on, args=(connection, there),
                     daemon=True).start()
    pass_on(there, connection)


def listen_raw(name):
    listener = socket.create_server(("127.0.0.1", 0))
    kept = []

    def serve():
        while True:
            connection, _ = listener.accept()
            kept.append(connection)
            if name == "mute":
                say("conn", "mute")
                continue

            def one(connection=connection):
                serve_proxy(name, connection)
                connection.close()
            threading.Thread(target=one, daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


# ------------------------------------------------------------------ running

def main():
    directory = pathlib.Path(sys.argv[1])
    names = sys.argv[2:]
    if TLS & set(names):
        make_authority(directory)
    for name in names:
        if name == "mute" or name.startswith("proxy"):
            ports[name] = listen_raw(name)
            continue
        context = None
        if name in TLS:
            make_certificate(directory, name)
            context = tls_context(directory, name)
        server = Server(name, context)
        ports[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,),
                         daemon=True).start()
    say("ready", *(f"{name}={port}" for name, port in ports.items()))
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
