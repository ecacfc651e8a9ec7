"""CBOR as envelopes have it: the deterministic encoding of RFC 8949 section 4.2.1, written and checked."""

import math
import struct


class NotCanonical(Exception):
    pass


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << (8 * size):
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(value)


def _float(value):
    if math.isnan(value):
        return bytes.fromhex("f97e00")
    for first, form in ((0xF9, ">e"), (0xFA, ">f")):
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, packed)[0] == value:
            return bytes([first]) + packed
    return b"\xfb" + struct.pack(">d", value)


def encode(value):
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        raw = value.encode()
        return head(3, len(raw)) + raw
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(encode, value))
    return encoded_map({encode(key): encode(item) for key, item in value.items()})


def encoded_map(pairs):
    """A map of keys and values that are encoded already."""
    return head(5, len(pairs)) + b"".join(key + pairs[key] for key in sorted(pairs))


class Reader:
    """Reads items one after another. `strict` also refuses what is not the one canonical form."""

    def __init__(self, data, strict=False, depth=64):
        self.data = data
        self.at = 0
        self.strict = strict
        self.depth = depth

    def take(self, size):
        if size > len(self.data) - self.at:
            raise NotCanonical("cut")
        self.at += size
        return self.data[self.at - size : self.at]

    def head(self):
        """(major, value) of the next item; of floats and simple values the value is their bits."""
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        if info > 27:
            raise NotCanonical("reserved, or an indefinite length")
        size = 1 << (info - 24)
        raw = self.take(size)
        value = int.from_bytes(raw, "big")
        if major == 7:
            self._check_special(first, raw)
        elif self.strict and value < (24 if size == 1 else 1 << (4 * size)):
            raise NotCanonical("longer than need be")
        return major, value

    def _check_special(self, first, raw):
        if len(raw) == 1:
            if raw[0] < 32:
                raise NotCanonical("a simple value in two bytes")
            return
        number = struct.unpack({2: ">e", 4: ">f", 8: ">d"}[len(raw)], raw)[0]
        if self.strict and _float(number) != bytes([first]) + raw:
            raise NotCanonical("a float that is longer than need be")

    def skip(self, depth=0):
        major, value = self.head()
        while major == 6:
            major, value = self.head()
        if major == 2:
            self.take(value)
        elif major == 3:
            self.take(value).decode("utf-8")
        elif major in (4, 5):
            if depth == self.depth:
                raise NotCanonical("too deep")
            last = None
            for _ in range(value):
                if major == 5:
                    begin = self.at
                    self.skip(depth + 1)
                    key = self.data[begin : self.at]
                    if self.strict and last is not None and key <= last:
                        raise NotCanonical("keys out of order")
                    last = key
                self.skip(depth + 1)

    def raw(self):
        begin = self.at
        self.skip()
        return self.data[begin : self.at]


def is_canonical(data, depth):
    """Whether `data` is one item, and in the one form."""
    reader = Reader(data, strict=True, depth=depth)
    try:
        reader.skip()
    except (NotCanonical, UnicodeDecodeError):
        return False
    return reader.at == len(data)
