"""HPKE of this folder against the base-mode vectors of RFC 9180 appendix A, as condensed in rfc9180-base.json."""

import hashlib
import json

import hpke


class Stream:
    """SHAKE128 of nothing, read as a stream; draw() is a byte that says how many bytes follow."""

    def __init__(self):
        self._bytes = hashlib.shake_128(b"").digest(1 << 20)
        self._at = 0

    def draw(self):
        size = self._bytes[self._at]
        self._at += 1 + size
        return self._bytes[self._at - size : self._at]


def _accumulated(values):
    digest = hashlib.shake_128()
    for value in values:
        digest.update(value)
    return digest.hexdigest(16)


def check(path):
    """Problems, as texts; none when the file is not there."""
    if not path.exists():
        print(f"not checked against RFC 9180: {path} is not there")
        return []
    problems = []
    for vector in json.loads(path.read_text())["vectors"]:
        kem = {0x20: hpke.X25519(), 0x10: hpke.P256()}[vector["kem_id"]]
        ephemeral, private = (kem.derive(bytes.fromhex(vector[name])) for name in ("ikmE", "ikmR"))
        info = bytes.fromhex(vector["info"])
        enc, sender = hpke.sender(kem, vector["aead_id"], kem.public(private), info, ephemeral)
        receiver = hpke.receiver(kem, vector["aead_id"], private, enc, info)
        stream, sealed = Stream(), []
        for _ in range(1000):
            aad, plaintext = stream.draw(), stream.draw()
            sealed.append(sender.seal(aad, plaintext))
            if receiver.open(aad, sealed[-1]) != plaintext:
                problems.append("HPKE: what was sealed does not open")
        stream = Stream()
        exports = [sender.export(stream.draw(), size) for size in range(1000)]
        found = {"skRm": private.hex(), "pkRm": kem.public(private).hex(), "enc": enc.hex(),
                 "encryptions_accumulated": _accumulated(sealed), "exports_accumulated": _accumulated(exports)}
        problems += [f"HPKE {vector['kem_id']}/{vector['aead_id']}: {name} differs" for name, value in found.items() if vector[name] != value]
    return problems
