"""Cases: an envelope, who opens it, and what comes of it, also with every byte changed. As JSON they go both ways: what this
program writes the C++ checks, and what the C++ writes this program checks."""

import os
from itertools import groupby

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import envelope as env
import opening

ALICE, MALLORY, MAIN = b"\xa1" * 16, b"\x66" * 16, b"\x11" * 16
BOB, CAROL = (1, b"\xb0" * 16, 1), (3, b"\xca" * 16, 300)


def verdict(receiver, data, sealed):
    """In a word. `sealed`: (clear, [fields of each group]) as they went in; anything else that is shown is "altered"."""
    try:
        opened = receiver.open(data)
    except env.Rejected as why:
        return "reject:" + why.args[0]
    if opened == "kek-unknown":
        return opened
    clear, groups = opened
    same = clear == sealed[0] and len(groups) == len(sealed[1])
    if not same or any(got not in (None, wanted) for got, wanted in zip(groups, sealed[1])):
        return "altered"
    return "redacted" if None in groups else "ok"


def verdicts_of_changes(receiver, data, sealed, mask):
    """[verdict, how many bytes in a row] for each byte changed by `mask`."""
    found = []
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= mask
        found.append(verdict(receiver, bytes(changed), sealed))
    return [[word, len(list(run))] for word, run in groupby(found)]


def _hex(value):
    return None if value is None else value.hex()


def _unhex(value):
    return None if value is None else bytes.fromhex(value)


def to_json(name, receiver, data, sealed, masks=()):
    return {
        "name": name,
        "keys": [{"kind": k, "id": i.hex(), "version": v, "private": p.hex()} for (k, i, v), p in receiver.keys.items()],
        "kem": "p256" if data and env_suite(data) == 2 else "x25519",
        "signers": [{"node": n.hex(), "spki": spki.hex()} for (n, _), spki in receiver.signers.items()],
        "suites": list(receiver.suites),
        "expected": {"type": receiver.type, "network": _hex(receiver.network), "peer": _hex(receiver.peer), "kind": receiver.kind,
                     "path": receiver.path, "correlation": receiver.correlation.hex()},
        "sealed": {"clear": {p: v.hex() for p, v in sealed[0].items()},
                   "groups": [{p: v.hex() for p, v in fields.items()} for fields in sealed[1]]},
        "envelope": data.hex(),
        "result": verdict(receiver, data, sealed),
        "changes": [{"mask": mask, "results": verdicts_of_changes(receiver, data, sealed, mask)} for mask in masks],
    }


def env_suite(data):
    try:
        return opening.parse(data).suite
    except env.Rejected:
        return 1


def check(case):
    """What this implementation says otherwise about a case, as texts."""
    e = case["expected"]
    receiver = opening.Receiver(
        {(k["kind"], bytes.fromhex(k["id"]), k["version"]): bytes.fromhex(k["private"]) for k in case["keys"]},
        {(bytes.fromhex(s["node"]), env.signer_id(bytes.fromhex(s["spki"]))): bytes.fromhex(s["spki"]) for s in case["signers"]},
        tuple(case["suites"]), e["type"], _unhex(e["network"]), _unhex(e["peer"]), e["kind"], e["path"], bytes.fromhex(e["correlation"]))
    data = bytes.fromhex(case["envelope"])
    sealed = ({p: bytes.fromhex(v) for p, v in case["sealed"]["clear"].items()},
              [{p: bytes.fromhex(v) for p, v in fields.items()} for fields in case["sealed"]["groups"]])
    ours = to_json(case["name"], receiver, data, sealed, [change["mask"] for change in case["changes"]])
    problems = []
    if ours["result"] != case["result"]:
        problems.append(f"{case['name']}: {case['result']}, but here {ours['result']}")
    for theirs, mine in zip(case["changes"], ours["changes"]):
        for at, (their, my) in enumerate(zip(_each(theirs["results"]), _each(mine["results"]))):
            if their != my:
                problems.append(f"{case['name']}: byte {at} changed by {mine['mask']}: {their}, but here {my}")
    return problems


def _each(runs):
    return [word for word, count in runs for _ in range(count)]


class Scene:
    """Alice's message to Bob and Carol, and the two of them."""

    def __init__(self, suite=1):
        self.suite = suite
        self.private = {BOB: env.KEMS[suite].generate(), CAROL: env.KEMS[suite].generate()}
        self.public = {a: env.KEMS[suite].public(p) for a, p in self.private.items()}
        self.identity = ec.generate_private_key(ec.SECP256R1())
        self.clear = {"name": b"\x63Ann", "odd": bytes.fromhex("83fb3ff199999999999af93c00c11a514b67b0")}
        self.fields = [{"address.street": b"\x6b12 Elm Road", "phone": b"\x68555-0100"}, {"note": bytes.fromhex("a2012061784101")}]

    def groups(self):
        return [(["user"], self.fields[0], {BOB: self.public[BOB]}), (["system", "user"], self.fields[1], dict(self.public))]

    def envelope(self, kind=1):
        return env.Envelope(suite=self.suite, type="profile/v1", network=MAIN, sender=ALICE, created=1_700_000_000_123, kind=kind,
                            path="users/ann", correlation=b"correlate", clear=env.fields_map(self.clear))

    def sealed(self, mode="full", kind=1):
        made = self.envelope(kind)
        env.seal(made, self.groups(), mode)
        if kind == 4:
            env.sign(made, self.identity)
        return made

    def trust(self, node=ALICE, key=None):
        spki = (key or self.identity).public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return {(node, env.signer_id(spki)): spki}

    def receiver(self, *who, kind=1, **more):
        given = {"type": "profile/v1", "network": MAIN, "peer": ALICE, "path": "users/ann", "correlation": b"correlate", **more}
        return opening.Receiver({a: self.private[a] for a in who}, self.trust(), kind=kind, **given)

    def case(self, name, receiver, data, masks=()):
        data = data if isinstance(data, bytes) else data.bytes()
        return to_json(name, receiver, data, (self.clear, self.fields), masks)


def good_cases(brief=False):
    for suite in (1, 2, 3):
        scene = Scene(suite)
        masks = {1: (0x01, 0x80, 0xFF), 2: (0x04,), 3: (0x20,)}[suite][: 1 if brief else None]
        for mode in ("full", "once"):
            data = scene.sealed(mode)
            yield scene.case(f"suite {suite}, {mode}, all keys", scene.receiver(BOB), data, masks)
            yield scene.case(f"suite {suite}, {mode}, one key of two", scene.receiver(CAROL), data, () if brief else masks[:1])
    scene = Scene()
    yield scene.case("no key", scene.receiver(), scene.sealed())
    yield scene.case("compact, nothing known", scene.receiver(BOB), scene.sealed("compact"), (0x01,))
    stored = scene.sealed("once", kind=4)
    yield scene.case("stored, signed", scene.receiver(BOB, kind=4, peer=None), stored, (0x01,))
    yield scene.case("stored, signed, no key", scene.receiver(kind=4, peer=None), stored, (0x10,))
    scene.fields, plain = [], scene.envelope()
    yield scene.case("no groups", scene.receiver(), plain)


def _forged(change, mode="once", **receiver):
    """A good envelope that `change` made a bad one of; what needs no key fits again."""
    scene = Scene()
    made = scene.sealed(mode)
    change(made, scene)
    for group in made.groups:
        group.size, group.hash = len(group.ciphertext), env.sha256(group.ciphertext)
    return scene, made, scene.receiver(BOB, **receiver)


def _resealed(fields):
    """Alice seals other fields than may be."""

    def change(made, scene):
        keys = env.seal(made, scene.groups(), "once")
        env.encrypt(made, 0, keys[0], fields)

    return change


def _two_keys(made, scene):
    other = env.Envelope(suite=1, id=made.id, sender=ALICE)
    env.seal(other, scene.groups(), "once")
    made.groups[0].stanzas = other.groups[0].stanzas


def _wrong_epoch(made, scene):
    secret, group = os.urandom(32), made.groups[0]
    epoch, mark = group.stanzas[0].id, env.fingerprint(group.stanzas)
    group.stanzas[1] = env.wrap(1, BOB, scene.public[BOB], secret, ALICE + epoch + mark)


def _set(**values):
    def change(made, scene):
        for name, value in values.items():
            setattr(made, name, value)

    return change


BAD = [
    ("another version", _set(version=2), {}),
    ("an unknown suite", _set(suite=4), {}),
    ("a suite that is not allowed", _set(), {"suites": (2, 3)}),
    ("another type", _set(type="profile/v2"), {}),
    ("another type that is expected", _set(type="profile/v2"), {"type": "profile/v2"}),
    ("any type", _set(type="profile/v2"), {"type": None}),
    ("another network that is expected", _set(network=None), {"network": None}),
    ("another sender that is expected", _set(sender=MALLORY), {"peer": MALLORY}),
    ("another path that is expected", _set(path="users/bob"), {"path": "users/bob"}),
    ("another correlation that is expected", _set(correlation=b""), {"correlation": b""}),
    ("another kind that is expected", _set(kind=2), {"kind": 2}),
    ("another message id", _set(id=bytes(16)), {}),
    ("another time", _set(created=1), {}),
    ("other clear fields", _set(clear=b"\xa1\x61x\x01"), {}),
    ("not from the sender, and not signed", _set(), {"peer": None}),
    ("stored, and not signed", _set(kind=4), {"kind": 4}),
    ("groups that changed places", lambda e, s: e.groups.reverse(), {}),
    ("a group less", lambda e, s: e.groups.pop(), {}),
    ("other labels", lambda e, s: e.groups[0].labels.append("zone"), {}),
    ("labels out of order", lambda e, s: e.groups[1].labels.reverse(), {}),
    ("no stanza", lambda e, s: e.groups[0].stanzas.clear(), {}),
    ("a stanza less", lambda e, s: e.groups[1].stanzas.pop(), {}),
    ("stanzas out of order", lambda e, s: e.groups[1].stanzas.reverse(), {}),
    ("65 stanzas", lambda e, s: e.groups[0].stanzas.extend(env.Stanza(3, bytes(16), n, bytes(32), bytes(48)) for n in range(64)), {}),
    ("17 groups", lambda e, s: e.groups.extend(env.Group([f"z{n:02}"], stanzas=e.groups[0].stanzas, ciphertext=bytes(17))
                                               for n in range(15)), {}),
    ("an ephemeral key of low order", lambda e, s: setattr(e.groups[0].stanzas[0], "enc", bytes(32)), {}),
    ("a ciphertext of another message", lambda e, s: setattr(e.groups[0], "ciphertext", s.sealed("once").groups[0].ciphertext), {}),
    ("another key for Bob than committed to", _two_keys, {}),
    ("a field in clear and protected", _resealed(b"\xa1\x64name\x01"), {}),
    ("a field in two groups", _resealed(b"\xa1\x64note\x01"), {}),
    ("protected fields that are no map", _resealed(b"\x01"), {}),
    ("no protected fields", _resealed(b"\xa0"), {}),
    ("protected fields out of order", _resealed(b"\xa2\x61y\x01\x61x\x01"), {}),
    ("a protected field without a path", _resealed(b"\xa1\x60\x01"), {}),
    ("protected fields 32 deep", _resealed(b"\xa1\x61x" + b"\x81" * 31 + b"\x80"), {}),
    ("protected fields 33 deep", _resealed(b"\xa1\x61x" + b"\x81" * 32 + b"\x80"), {}),
]


def bad_cases():
    for name, change, receiver in BAD:
        scene, made, opener = _forged(change, **receiver)
        yield scene.case(name, opener, made)
    scene, made, opener = _forged(_wrong_epoch, mode="full")
    yield scene.case("a KEK that does not have the epoch's id", opener, made)
    scene = Scene()
    data = scene.sealed().bytes()
    for name, changed in (("cut", data[:-1]), ("one byte more", data + b"\0"), ("a longer head", b"\x98\x03" + data[1:]),
                          ("an indefinite length", b"\x9f" + data[1:] + b"\xff"), ("nothing", b"")):
        yield scene.case(name, scene.receiver(BOB), changed)
    yield from _signature_cases()


def _signature_cases():
    scene, other = Scene(), Scene()
    made = scene.sealed("once", kind=4)
    env.sign(made, other.identity)
    receiver = scene.receiver(BOB, kind=4, peer=None)
    yield scene.case("stored, signed by nobody who is known", receiver, made)
    receiver.signers.update(scene.trust(MALLORY, other.identity))
    yield scene.case("stored, signed by another than the sender", receiver, made)
    made.signer = next(iter(scene.trust()))[1]
    yield scene.case("stored, signed by another with the sender's key id", receiver, made)


def all_cases(brief=False):
    return list(good_cases(brief)) + list(bad_cases())
