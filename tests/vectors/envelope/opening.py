"""Opening envelopes: the checks of daemon/envelope/README.md, in its order."""

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import cbor
import hpke
from envelope import AEAD_IDS, AEADS, ENC_SIZES, KEMS, NONCE, Envelope, Group, Rejected, Stanza
from envelope import dek_of_kek, fingerprint, kek_id, keys_of_dek, sha256, signed_bytes, stanza_info

UINT, BYTES, TEXT, ARRAY, MAP, NULL = 0, 2, 3, 4, 5, 7


class Walk(cbor.Reader):
    """Reads canonical bytes from front to back; the first thing that is not as the format has it decides."""

    def item(self, major):
        got, value = self.head()
        if got != major:
            raise Rejected("malformed")
        return value

    def count(self, major, wanted):
        if self.item(major) != wanted:
            raise Rejected("malformed")

    def key(self, wanted):
        self.count(UINT, wanted)

    def blob(self, size=None):
        value = self.take(self.item(BYTES))
        if size is not None and len(value) != size:
            raise Rejected("malformed")
        return value

    def text(self, most):
        raw = self.take(self.item(TEXT))
        if len(raw) > most:
            raise Rejected("limit")
        return raw.decode()


def parse(data):
    if len(data) > 16 * 1024 * 1024:
        raise Rejected("limit")
    if not cbor.is_canonical(data, 35):
        raise Rejected("malformed")
    walk, envelope = Walk(data), Envelope()
    try:
        walk.count(ARRAY, 3)
        _core(walk, envelope)
        _groups(walk, envelope)
        _tail(walk, envelope)
    except cbor.NotCanonical as why:
        raise Rejected("malformed") from why
    return envelope


def _core(walk, envelope):
    begin = walk.at
    keys = walk.item(MAP)
    walk.key(1)
    if walk.item(UINT) != 1:
        raise Rejected("unsupported")
    if keys != 10:
        raise Rejected("malformed")
    walk.key(2)
    envelope.suite = walk.item(UINT)
    if envelope.suite not in KEMS:
        raise Rejected("unsupported")
    walk.key(3)
    envelope.type = walk.text(256)
    walk.key(4)
    envelope.network = None if walk.data[walk.at] == 0xF6 else walk.blob(16)
    if envelope.network is None:
        walk.take(1)
    walk.key(5)
    envelope.sender = walk.blob(16)
    walk.key(6)
    envelope.id = walk.blob(16)
    walk.key(7)
    envelope.created = walk.item(UINT)
    walk.key(8)
    _context(walk, envelope)
    walk.key(9)
    envelope.clear = walk.raw()
    check_fields(envelope.clear)
    walk.key(10)
    count = walk.item(ARRAY)
    if count > 16:
        raise Rejected("limit")
    for _ in range(count):
        _header(walk, envelope)
    envelope.core_bytes = walk.data[begin : walk.at]


def _context(walk, envelope):
    walk.count(MAP, 3)
    walk.key(1)
    envelope.kind = walk.item(UINT)
    if envelope.kind not in (1, 2, 3, 4):
        raise Rejected("malformed")
    walk.key(2)
    envelope.path = walk.text(1024)
    walk.key(3)
    envelope.correlation = walk.blob()
    if len(envelope.correlation) > 32:
        raise Rejected("limit")


def check_fields(data):
    """`data` is canonical."""
    walk = Walk(data)
    count = walk.item(MAP)
    if count > 4096:
        raise Rejected("limit")
    for _ in range(count):
        path = walk.text(len(data))
        walk.skip()
        if not path:
            raise Rejected("malformed")
        if len(path.encode()) > 512:
            raise Rejected("limit")


def read_fields(data):
    walk, fields = Walk(data), {}
    for _ in range(walk.item(MAP)):
        path = walk.text(len(data))
        fields[path] = walk.raw()
    return fields


def _header(walk, envelope):
    walk.count(ARRAY, 4)
    count = walk.item(ARRAY)
    if count > 16:
        raise Rejected("limit")
    if count == 0:
        raise Rejected("malformed")
    labels = []
    for _ in range(count):
        labels.append(walk.text(64))
        if labels[-1].encode() <= (labels[-2].encode() if len(labels) > 1 else b""):
            raise Rejected("malformed")
    group = Group(labels, walk.blob(32), walk.item(UINT), walk.blob(32))
    if any(earlier.labels == labels for earlier in envelope.groups):
        raise Rejected("malformed")
    envelope.groups.append(group)


def _groups(walk, envelope):
    walk.count(ARRAY, len(envelope.groups))
    for group in envelope.groups:
        walk.count(ARRAY, 3)
        begin = walk.at
        count = walk.item(ARRAY)
        if count > 64:
            raise Rejected("limit")
        if count == 0:
            raise Rejected("malformed")
        for _ in range(count):
            _stanza(walk, envelope, group)
        group.raw_stanzas = walk.data[begin : walk.at]
        group.hmac = walk.blob(32)
        group.ciphertext = walk.blob()
        if len(group.ciphertext) < 17:
            raise Rejected("malformed")


def _stanza(walk, envelope, group):
    walk.count(ARRAY, 5)
    kind = walk.item(UINT)
    if kind not in (1, 2, 3, 4):
        raise Rejected("malformed")
    stanza = Stanza(kind, walk.blob(16), walk.item(UINT))
    if stanza.version > (0 if kind == 4 else 0xFFFFFFFF):
        raise Rejected("malformed")
    stanza.enc = walk.blob(0 if kind == 4 else ENC_SIZES[envelope.suite])
    stanza.wrapped = walk.blob(0 if kind == 4 else 48)
    if group.stanzas:
        last = group.stanzas[-1]
        if kind == 4 or (last.kind != 4 and stanza.address() <= last.address()):
            raise Rejected("malformed")
    group.stanzas.append(stanza)


def _tail(walk, envelope):
    keys = walk.item(MAP)
    if keys not in (0, 2):
        raise Rejected("malformed")
    if keys == 2:
        walk.key(1)
        envelope.signature = walk.blob()
        if not 1 <= len(envelope.signature) <= 80:
            raise Rejected("malformed")
        walk.key(2)
        envelope.signer = walk.blob(16)


@dataclass
class Receiver:
    """Whoever opens: its keys, what it knows of others, and what the message came with."""

    keys: dict = field(default_factory=dict)  # (kind, id, version) -> private key
    signers: dict = field(default_factory=dict)  # (node, id) -> SubjectPublicKeyInfo
    suites: tuple = (1, 2, 3)
    type: str = None  # None: any
    network: bytes = None
    peer: bytes = None  # None: not from the sender itself
    kind: int = 1
    path: str = ""
    correlation: bytes = b""

    def open(self, data):
        """(clear fields, [fields or None for each group]); "kek-unknown" instead if the sender has to say it in full."""
        envelope = parse(data)
        if envelope.suite not in self.suites:
            raise Rejected("unsupported")
        self._check_context(envelope)
        for group in envelope.groups:
            if group.size != len(group.ciphertext) or group.hash != sha256(group.ciphertext):
                raise Rejected("ciphertext")
        self._check_signature(envelope)
        opened = [self._open_group(envelope, index) for index in range(len(envelope.groups))]
        if "kek-unknown" in opened:
            return "kek-unknown"
        clear = read_fields(envelope.clear)
        paths = [path for fields in [clear] + opened if fields is not None for path in fields]
        if len(set(paths)) != len(paths):
            raise Rejected("fields")
        return clear, opened

    def _check_context(self, envelope):
        said = (envelope.network, envelope.kind, envelope.path, envelope.correlation)
        if said != (self.network, self.kind, self.path, self.correlation):
            raise Rejected("context")
        if self.type not in (None, envelope.type) or self.peer not in (None, envelope.sender):
            raise Rejected("context")

    def _check_signature(self, envelope):
        if not envelope.signature:
            if self.peer is None or self.kind == 4:
                raise Rejected("signature")
            return
        spki = self.signers.get((envelope.sender, envelope.signer))
        if spki is None:
            raise Rejected("signature")
        key = serialization.load_der_public_key(spki)
        try:
            key.verify(envelope.signature, signed_bytes(envelope.core_bytes), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as why:
            raise Rejected("signature") from why

    def _unwrap(self, envelope, group, aad):
        """The secret in the first stanza for a key of ours; None: there is none."""
        for stanza in group.stanzas:
            private = self.keys.get(stanza.address())
            if private is not None:
                try:
                    context = hpke.receiver(KEMS[envelope.suite], AEAD_IDS[envelope.suite], private, stanza.enc,
                                            stanza_info(envelope.suite, stanza))
                    return context.open(aad, stanza.wrapped)
                except hpke.OpenError as why:
                    raise Rejected("stanza") from why
        return None

    def _find_dek(self, envelope, index):
        group = envelope.groups[index]
        if group.stanzas[0].kind != 4:
            return self._unwrap(envelope, group, envelope.id + bytes([index]))
        if len(group.stanzas) == 1:
            return "kek-unknown"
        epoch, mark = group.stanzas[0].id, fingerprint(group.stanzas)
        kek = self._unwrap(envelope, group, envelope.sender + epoch + mark)
        if kek is None:
            return None
        if kek_id(kek, envelope.suite, envelope.sender, mark) != epoch:
            raise Rejected("stanza")
        return dek_of_kek(envelope, kek, index)

    def _open_group(self, envelope, index):
        group = envelope.groups[index]
        dek = self._find_dek(envelope, index)
        if dek is None or dek == "kek-unknown":
            return dek
        keys = keys_of_dek(envelope, dek, index)
        if keys.commitment != group.commitment:
            raise Rejected("commitment")
        if hmac.new(keys.header, group.raw_stanzas, hashlib.sha256).digest() != group.hmac:
            raise Rejected("recipients")
        try:
            plaintext = AEADS[envelope.suite](keys.key).decrypt(NONCE, group.ciphertext, envelope.aad(index))
        except InvalidTag as why:
            raise Rejected("ciphertext") from why
        try:
            if not cbor.is_canonical(plaintext, 33) or plaintext == b"\xa0":
                raise Rejected("fields")
            check_fields(plaintext)
        except Rejected as why:
            raise Rejected("fields") from why
        return read_fields(plaintext)
