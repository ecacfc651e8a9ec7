"""Envelopes, sealed and opened as daemon/envelope/README.md says; written from that page, not from the C++."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

import cbor
import hpke

KEMS = {1: hpke.X25519(), 2: hpke.P256(), 3: hpke.X25519()}
AEADS = {1: AESGCM, 2: AESGCM, 3: ChaCha20Poly1305}
AEAD_IDS = {1: 2, 2: 2, 3: 3}
ENC_SIZES = {1: 32, 2: 65, 3: 32}
NONCE = bytes(12)


class Rejected(Exception):
    """The one argument is the reason: malformed, limit, unsupported, context, …"""


def u16(value):
    return value.to_bytes(2, "big")


def sha256(data):
    return hashlib.sha256(data).digest()


def address_bytes(kind, key_id, version):
    return bytes([kind]) + key_id + version.to_bytes(4, "big")


@dataclass
class Stanza:
    kind: int
    id: bytes
    version: int
    enc: bytes = b""
    wrapped: bytes = b""

    def item(self):
        return [self.kind, self.id, self.version, self.enc, self.wrapped]

    def address(self):
        return self.kind, self.id, self.version


@dataclass
class Group:
    labels: list
    commitment: bytes = bytes(32)
    size: int = 0
    hash: bytes = bytes(32)
    stanzas: list = field(default_factory=list)
    hmac: bytes = bytes(32)
    ciphertext: bytes = b""
    raw_stanzas: bytes = b""  # as they were read

    def stanza_bytes(self):
        return cbor.encode([stanza.item() for stanza in self.stanzas])


@dataclass
class Envelope:
    suite: int = 1
    type: str = ""
    network: bytes = None
    sender: bytes = bytes(16)
    id: bytes = field(default_factory=lambda: os.urandom(16))
    created: int = 0
    kind: int = 1
    path: str = ""
    correlation: bytes = b""
    clear: bytes = b"\xa0"
    groups: list = field(default_factory=list)
    signature: bytes = b""
    signer: bytes = b""
    version: int = 1

    def core(self, bound=False):
        headers = []
        for group in self.groups:
            labels, commitment = cbor.encode(group.labels), cbor.encode(group.commitment)
            rest = b"" if bound else cbor.encode(group.size) + cbor.encode(group.hash)
            headers.append((b"\x82" if bound else b"\x84") + labels + commitment + rest)
        values = [self.version, self.suite, self.type, self.network, self.sender, self.id, self.created,
                  {1: self.kind, 2: self.path, 3: self.correlation}]
        pairs = {cbor.encode(key): cbor.encode(value) for key, value in enumerate(values, 1)}
        pairs[b"\x09"] = self.clear
        pairs[b"\x0a"] = cbor.head(4, len(headers)) + b"".join(headers)
        return cbor.encoded_map(pairs)

    def bytes(self):
        groups = [cbor.encode([[s.item() for s in g.stanzas], g.hmac, g.ciphertext]) for g in self.groups]
        tail = cbor.encode({1: self.signature, 2: self.signer} if self.signature else {})
        return b"\x83" + self.core() + cbor.head(4, len(groups)) + b"".join(groups) + tail

    def aad(self, index):
        return sha256(self.core(bound=True)) + bytes([index]) + cbor.encode(self.groups[index].labels)


@dataclass
class Keys:
    key: bytes
    commitment: bytes
    header: bytes


def dek_of_kek(envelope, kek, index):
    return hpke.expand(hpke.extract(envelope.id, kek), b"runard v1 dek" + u16(envelope.suite) + bytes([index]), 32)


def keys_of_dek(envelope, dek, index):
    prk = hpke.extract(envelope.id, dek)
    end = u16(envelope.suite) + bytes([index])
    return Keys(*(hpke.expand(prk, b"runard v1 " + label + end, 32) for label in (b"key", b"commit", b"hdr")))


def kek_id(kek, suite, sender, fingerprint):
    return hpke.expand(kek, b"runard v1 kek-id" + u16(suite) + sender + fingerprint, 16)


def fingerprint(stanzas):
    return sha256(b"".join(address_bytes(*s.address()) for s in stanzas if s.kind != 4))


def stanza_info(suite, stanza):
    return b"runard v1 stanza" + u16(suite) + address_bytes(*stanza.address())


def wrap(suite, address, public, secret, aad):
    stanza = Stanza(*address)
    stanza.enc, context = hpke.sender(KEMS[suite], AEAD_IDS[suite], public, stanza_info(suite, stanza))
    stanza.wrapped = context.seal(aad, secret)
    return stanza


def signer_id(spki):
    return sha256(spki)[:16]


def signed_bytes(core):
    return b"runard v1 envelope\0" + sha256(core)


def sign(envelope, key):
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    envelope.signature = key.sign(signed_bytes(envelope.core()), ec.ECDSA(hashes.SHA256()))
    envelope.signer = signer_id(spki)


def fields_map(fields):
    return cbor.encoded_map({cbor.encode(path): value for path, value in fields.items()})


def seal(envelope, groups, mode):
    """groups: [(labels, {path: CBOR}, {address: public key})]; mode: "once", "full" or "compact". Fills the envelope."""
    secrets = []
    envelope.groups = [Group(list(labels)) for labels, _, _ in groups]
    for index, (group, (_, _, recipients)) in enumerate(zip(envelope.groups, groups)):
        secret = os.urandom(32)
        ordered = sorted(recipients.items())
        if mode == "once":
            group.stanzas = [wrap(envelope.suite, a, public, secret, envelope.id + bytes([index])) for a, public in ordered]
            dek = secret
        else:
            mark = fingerprint([Stanza(*address) for address, _ in ordered])
            epoch = kek_id(secret, envelope.suite, envelope.sender, mark)
            group.stanzas = [Stanza(4, epoch, 0)]
            if mode == "full":
                aad = envelope.sender + epoch + mark
                group.stanzas += [wrap(envelope.suite, a, public, secret, aad) for a, public in ordered]
            dek = dek_of_kek(envelope, secret, index)
        secrets.append(keys_of_dek(envelope, dek, index))
        group.commitment = secrets[-1].commitment
    for index, (group, (_, fields, _)) in enumerate(zip(envelope.groups, groups)):
        encrypt(envelope, index, secrets[index], fields_map(fields))
        group.hmac = hmac.new(secrets[index].header, group.stanza_bytes(), hashlib.sha256).digest()
    return secrets


def encrypt(envelope, index, keys, plaintext):
    group = envelope.groups[index]
    group.ciphertext = AEADS[envelope.suite](keys.key).encrypt(NONCE, plaintext, envelope.aad(index))
    group.size, group.hash = len(group.ciphertext), sha256(group.ciphertext)
