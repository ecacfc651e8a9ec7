"""HPKE, base mode, written down from RFC 9180, over the primitives of the `cryptography` library."""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class OpenError(Exception):
    pass


def extract(salt, secret):
    return hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()


def expand(key, info, size):
    out, block = b"", b""
    while len(out) < size:
        block = hmac.new(key, block + info + bytes([len(out) // 32 + 1]), hashlib.sha256).digest()
        out += block
    return out[:size]


def _labeled_extract(suite_id, salt, label, secret):
    return extract(salt, b"HPKE-v1" + suite_id + label + secret)


def _labeled_expand(suite_id, key, label, info, size):
    return expand(key, size.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info, size)


class X25519:
    kem_id = 0x20

    def generate(self):
        return self.raw(x25519.X25519PrivateKey.generate())

    def raw(self, key):
        return key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())

    def public(self, private):
        key = x25519.X25519PrivateKey.from_private_bytes(private).public_key()
        return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def agree(self, private, public):
        try:  # the library refuses a shared value of zeros
            return x25519.X25519PrivateKey.from_private_bytes(private).exchange(x25519.X25519PublicKey.from_public_bytes(public))
        except ValueError as why:
            raise OpenError("low order") from why

    def derive(self, material):
        key = _labeled_extract(b"KEM\x00\x20", b"", b"dkp_prk", material)
        return _labeled_expand(b"KEM\x00\x20", key, b"sk", b"", 32)


class P256:
    kem_id = 0x10

    def generate(self):
        return ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")

    def _private(self, raw):
        return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())

    def public(self, private):
        return self._private(private).public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)

    def agree(self, private, public):
        if public[0] != 4:
            raise OpenError("not an uncompressed point")
        try:
            return self._private(private).exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))
        except ValueError as why:
            raise OpenError("not on the curve") from why

    def derive(self, material):
        key = _labeled_extract(b"KEM\x00\x10", b"", b"dkp_prk", material)
        for counter in range(256):
            candidate = _labeled_expand(b"KEM\x00\x10", key, b"candidate", bytes([counter]), 32)
            if 0 < int.from_bytes(candidate, "big") < P256_ORDER:
                return candidate
        raise ValueError("no key")


AEADS = {2: AESGCM, 3: ChaCha20Poly1305}


class Context:
    """What sender and receiver share after the key schedule."""

    def __init__(self, kem, aead_id, dh, enc, public, info):
        kem_suite = b"KEM" + kem.kem_id.to_bytes(2, "big")
        key = _labeled_extract(kem_suite, b"", b"eae_prk", dh)
        shared = _labeled_expand(kem_suite, key, b"shared_secret", enc + public, 32)
        suite = b"HPKE" + b"".join(i.to_bytes(2, "big") for i in (kem.kem_id, 1, aead_id))
        context = b"\0" + _labeled_extract(suite, b"", b"psk_id_hash", b"") + _labeled_extract(suite, b"", b"info_hash", info)
        secret = _labeled_extract(suite, shared, b"secret", b"")
        self._aead = AEADS[aead_id](_labeled_expand(suite, secret, b"key", context, 32))
        self._base_nonce = _labeled_expand(suite, secret, b"base_nonce", context, 12)
        self._exporter = _labeled_expand(suite, secret, b"exp", context, 32)
        self._suite = suite
        self._sequence = 0

    def _nonce(self):
        number = int.from_bytes(self._base_nonce, "big") ^ self._sequence
        self._sequence += 1
        return number.to_bytes(12, "big")

    def seal(self, aad, plaintext):
        return self._aead.encrypt(self._nonce(), plaintext, aad)

    def open(self, aad, sealed):
        try:
            return self._aead.decrypt(self._nonce(), sealed, aad)
        except InvalidTag as why:
            raise OpenError("tag") from why

    def export(self, context, size):
        return _labeled_expand(self._suite, self._exporter, b"sec", context, size)


def sender(kem, aead_id, public, info, ephemeral=None):
    """(enc, context)"""
    ephemeral = ephemeral or kem.generate()
    enc = kem.public(ephemeral)
    return enc, Context(kem, aead_id, kem.agree(ephemeral, public), enc, public, info)


def receiver(kem, aead_id, private, enc, info):
    return Context(kem, aead_id, kem.agree(private, enc), enc, kem.public(private), info)
