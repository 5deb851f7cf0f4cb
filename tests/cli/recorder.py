"""Stands between clients and a relay on the loopback, and keeps every byte
that goes through: what somebody on the line has."""
import itertools
import os
import socket
import sys
import threading

from family import free_port

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..",
                                "relay-conformance"))
import sync  # noqa: E402


class Connection:
    def __init__(self, recorder, client, relay):
        self.streams = [bytearray(), bytearray()]  # to the relay, back
        self.sockets = [client, relay]
        self.threads = [
            threading.Thread(target=self.carry, args=args, daemon=True)
            for args in ((recorder, client, relay, self.streams[0]),
                         (recorder, relay, client, self.streams[1]))]
        for thread in self.threads:
            thread.start()

    def carry(self, recorder, source, to, stream):
        try:
            while data := source.recv(65536):
                with recorder.lock:
                    stream += data
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            for end in self.sockets:  # the other direction ends, too
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        for end in self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(10)
        for end in self.sockets:
            end.close()


class Recorder:
    """Its clients come to the relay from these addresses, in turn."""

    def __init__(self, relay_port, sources=("127.0.0.1",)):
        self.relay_port, self.lock = relay_port, threading.Lock()
        self.connections, self.sources = [], itertools.cycle(sources)
        self.port = free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                relay = socket.create_connection(
                    ("127.0.0.1", self.relay_port), timeout=30,
                    source_address=(next(self.sources), 0))
                relay.settimeout(None)
            except OSError:
                client.close()
                continue
            self.connections.append(Connection(self, client, relay))

    def traffic(self):
        """The bytes of each direction of each connection."""
        with self.lock:
            return [bytes(stream) for connection in self.connections
                    for stream in connection.streams]

    def requests(self):
        """All sync requests, in the order of the connections."""
        for connection in list(self.connections):
            with self.lock:
                stream = bytes(connection.streams[0])
            yield from map(sync.read_request, bodies(stream))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        for connection in self.connections:
            connection.close()


def bodies(stream):
    """Of whole HTTP requests, one after the other."""
    while stream:
        head, _, stream = stream.partition(b"\r\n\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (
            line.partition(b":") for line in head.split(b"\r\n")[1:])}
        size = int(fields.get(b"content-length", 0))
        if size > len(stream):
            return
        yield stream[:size]
        stream = stream[size:]
