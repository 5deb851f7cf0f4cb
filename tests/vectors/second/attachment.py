"""The chunks of an attachment (SPEC.md 3.6.1)."""
import crypto
import mailbox
from wire import need, u32

ID, NONCE = 16, crypto.NONCE_SIZE


class Attachment:
    def __init__(self, size, chunk_size, sha256, key):
        self.size, self.chunk_size = size, chunk_size
        self.num = -(-size // chunk_size)
        self.blob_size = mailbox.least_size(chunk_size + 32)
        self.secret = crypto.extract(sha256, key)

    def head(self, number):
        return u32(number) + u32(self.num) + u32(self.size) + \
            u32(self.chunk_size)

    def length(self, number):
        return min(self.chunk_size, self.size - number * self.chunk_size)

    def id(self, number, plain):
        return crypto.expand(self.secret, b"covey chunk id" +
                             self.head(number) + plain, ID)

    def key(self, number, chunk_id):
        both = crypto.expand(self.secret, b"covey chunk key" +
                             self.head(number) + chunk_id, 44)
        return both[:crypto.KEY_SIZE], both[crypto.KEY_SIZE:]

    def seal(self, number, chunk):
        plain = chunk.ljust(self.blob_size - 32, b"\0")
        chunk_id = self.id(number, plain)
        return chunk_id + crypto.seal(*self.key(number, chunk_id),
                                      self.head(number), plain)

    def seal_all(self, clear):
        return [self.seal(i, clear[i * self.chunk_size:][:self.chunk_size])
                for i in range(self.num)]

    def open(self, number, blob):
        need(len(blob) == self.blob_size and number < self.num, "AUTH",
             "another length")
        chunk_id = blob[:ID]
        plain = crypto.open_sealed(*self.key(number, chunk_id),
                                   self.head(number), blob[ID:])
        size = self.length(number)
        need(not any(plain[size:]), "AUTH", "padding")
        need(chunk_id == self.id(number, plain), "AUTH", "id")
        return plain[:size]
