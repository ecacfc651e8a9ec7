#!/usr/bin/env python3
"""The offline identity commands of the real runarctl, judged by the openssl command line.

usage: identity_test.py FOLDER-WITH-RUNARCTL
"""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

BIN = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else "build/release/bin").resolve()
RUNARCTL = str(BIN / "runarctl")
NETWORKS_OID = "2.25.57836357743514407586802384919422898689.1"
GROUPS_OID = "2.25.57836357743514407586802384919422898689.2"
LABELS_OID = "2.25.57836357743514407586802384919422898689.3"
BASE32HEX = "0123456789abcdefghijklmnopqrstuv"


def base32hex(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(BASE32HEX[int(bits[i:i + 5], 2)] for i in range(0, len(bits), 5))


def openssl(*args, check=True, text=True, **more):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=text, timeout=60, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"openssl {args}: {done.stdout}{done.stderr}")
    return done.stdout


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="runard-identity-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.ca, self.state = self.dir / "ca", self.dir / "state"
        self.csr, self.bundle = self.dir / "web-1.csr", self.dir / "web-1.bundle"

    def ctl(self, *args, code=0, **more):
        done = subprocess.run([RUNARCTL, *map(str, args)], capture_output=True, text=True, timeout=60, **more)
        self.assertEqual(done.returncode, code, f"runarctl {args}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *args, **more):
        return json.loads(self.ctl(*args, "-o", "json", **more).stdout)

    def make_mesh(self):
        self.fingerprint = self.json("ca", "init", "--name", "acme", "--out", self.ca, "--no-passphrase")["fingerprint"]
        self.prod = self.json("network", "create", "prod", "--ca", self.ca)["id"]
        self.test = self.json("network", "create", "test", "--ca", self.ca)["id"]
        self.init_node()

    def init_node(self):
        self.node = self.json("node", "init", "--state", self.state, "--name", "web-1")["node"]
        self.ctl("node", "csr", "--state", self.state, "--out", self.csr)

    def init_node_with_openssl(self):
        """A key that openssl knows, as an earlier version kept it: it moves into the keystore at its first use."""
        self.key, old = self.dir / "openssl.key", self.state / "identity/node.key"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key)
        for folder in (self.state, old.parent):
            folder.mkdir(mode=0o700)
        shutil.copy(self.key, old)
        old.chmod(0o600)
        self.node = self.json("node", "csr", "--state", self.state, "--name", "web-1", "--out", self.csr)["node"]
        self.assertFalse(old.exists())

    def sign(self, *more, **named):
        return self.json("ca", "sign", self.csr, "--ca", self.ca, "--network", "prod", "--network",
                         "test", "--out", self.bundle, *more, **named)

    def extension(self, oid):
        """What the bundle's certificate has in an extension, as asn1parse shows it."""
        der = openssl("x509", "-in", self.bundle, "-outform", "DER", text=False)
        listing = openssl("asn1parse", "-inform", "DER", text=False, input=der).decode().splitlines()
        at = next(i for i, line in enumerate(listing) if oid in line)
        offset = int(re.match(r"\s*(\d+):", listing[at + 1])[1])
        return openssl("asn1parse", "-inform", "DER", "-strparse", offset, text=False, input=der).decode()

    def install(self, *more, **named):
        return self.ctl("node", "install", self.bundle, "--state", self.state, *more, **named)

    def installed(self):
        file = self.state / "identity/node.bundle"
        return file.read_bytes() if file.exists() else None

    def mode(self, path):
        return stat.S_IMODE(os.stat(path).st_mode)


class Certificates(Case):
    init_node = Case.init_node_with_openssl

    def setUp(self):
        super().setUp()
        self.make_mesh()
        self.sign()

    def test_openssl_verifies_the_chain_for_both_tls_roles(self):
        for purpose in ("sslserver", "sslclient"):
            out = openssl("verify", "-x509_strict", "-CAfile", self.ca / "ca.crt", "-purpose", purpose, self.bundle)
            self.assertIn("OK", out)

    def test_openssl_refuses_it_under_another_ca(self):
        self.ctl("ca", "init", "--name", "acme", "--out", self.dir / "other", "--no-passphrase")
        done = subprocess.run(["openssl", "verify", "-CAfile", self.dir / "other/ca.crt", self.bundle],
                              capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)

    def test_the_leaf_has_the_profile(self):
        text = openssl("x509", "-in", self.bundle, "-noout", "-text")
        self.assertRegex(text, r"Basic Constraints: critical\s+CA:FALSE")
        self.assertRegex(text, r"Key Usage: critical\s+Digital Signature\n")
        self.assertRegex(text, r"Extended Key Usage:\s+TLS Web Server Authentication, TLS Web Client Authentication\n")
        self.assertRegex(text, rf"Subject Alternative Name:\s+URI:runar://node/{self.node}\n")
        self.assertRegex(text, r"Signature Algorithm: ecdsa-with-SHA256")
        self.assertRegex(text, r"ASN1 OID: prime256v1")
        self.assertRegex(text, r"Subject: CN = web-1\n")

    def test_the_node_id_is_the_hash_of_the_public_key(self):
        pem = openssl("x509", "-in", self.bundle, "-noout", "-pubkey")
        der = openssl("pkey", "-pubin", "-outform", "DER", text=False, input=pem.encode())
        digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der, capture_output=True).stdout
        self.assertEqual(base32hex(digest[:16]), self.node)

    def test_networks_stand_in_it_as_ids_and_never_as_names(self):
        der = openssl("x509", "-in", self.bundle, "-outform", "DER", text=False)
        inner = self.extension(NETWORKS_OID)
        self.assertIn("cons: SEQUENCE", inner.splitlines()[0])
        ids = re.findall(r"OCTET STRING\s+\[HEX DUMP\]:([0-9A-F]{32})", inner)
        self.assertEqual(sorted(base32hex(bytes.fromhex(i)) for i in ids), sorted([self.prod, self.test]))
        for name in (b"prod", b"test"):
            self.assertNotIn(name, der)

    def test_groups_stand_in_it_as_utf8_strings_in_order(self):
        der = openssl("x509", "-in", self.bundle, "-outform", "DER", text=False)
        self.assertNotIn(GROUPS_OID, openssl("asn1parse", "-inform", "DER", text=False, input=der).decode())
        self.sign("--group", "web", "--group", "db")
        inner = self.extension(GROUPS_OID)
        self.assertEqual(re.findall(r"UTF8STRING\s+:(\S+)", inner), ["db", "web"])
        out = openssl("verify", "-x509_strict", "-CAfile", self.ca / "ca.crt", "-purpose", "sslclient", self.bundle)
        self.assertIn("OK", out)

    def test_node_labels_stand_in_it_as_utf8_strings_in_order(self):
        self.assertNotIn(LABELS_OID, openssl("x509", "-in", self.bundle, "-noout", "-text"))
        self.sign("--label", "region=eu", "--label", "rack=7", "--group", "web")
        der = openssl("x509", "-in", self.bundle, "-outform", "DER", text=False)
        listing = openssl("asn1parse", "-inform", "DER", text=False, input=der).decode().splitlines()
        at = next(i for i, line in enumerate(listing) if LABELS_OID in line)
        offset = int(re.match(r"\s*(\d+):", listing[at + 1])[1])
        inner = openssl("asn1parse", "-inform", "DER", "-strparse", offset, text=False, input=der).decode()
        self.assertEqual(re.findall(r"UTF8STRING\s+:(\S+)", inner), ["rack=7", "region=eu"])
        self.assertRegex((self.ca / "issued.log").read_text().splitlines()[-1], " groups=web labels=rack=7,region=eu lifetime=")

    def test_times_and_serial(self):
        text = openssl("x509", "-in", self.bundle, "-noout", "-serial", "-startdate", "-enddate", "-dateopt", "iso_8601")
        self.assertRegex(text, r"serial=[4-7][0-9A-F]{31}\n")
        start = time.mktime(time.strptime(re.search(r"notBefore=(.*)Z", text)[1], "%Y-%m-%d %H:%M:%S"))
        end = time.mktime(time.strptime(re.search(r"notAfter=(.*)Z", text)[1], "%Y-%m-%d %H:%M:%S"))
        self.assertEqual(end - start, 90 * 86400 + 300)
        # ... and never past the CA.
        self.sign("--ttl", "20y")
        leaf = openssl("x509", "-in", self.bundle, "-noout", "-enddate", "-dateopt", "iso_8601")
        root = openssl("x509", "-in", self.ca / "ca.crt", "-noout", "-enddate", "-dateopt", "iso_8601")
        self.assertLess(leaf, root)

    def test_the_ca_is_one_and_its_fingerprint_is_openssls(self):
        text = openssl("x509", "-in", self.ca / "ca.crt", "-noout", "-text")
        self.assertRegex(text, r"Basic Constraints: critical\s+CA:TRUE, pathlen:1")
        self.assertRegex(text, r"Key Usage: critical\s+Certificate Sign, CRL Sign\n")
        out = openssl("x509", "-in", self.ca / "ca.crt", "-noout", "-fingerprint", "-sha256")
        hexa = out.strip().split("=")[1]
        self.assertEqual("SHA256:" + hexa.replace(":", "").lower(), self.fingerprint)
        self.install("--ca-fingerprint", "SHA256:" + hexa)  # as openssl writes it

    def test_the_request_verifies_and_the_keys_belong_together(self):
        openssl("req", "-in", self.csr, "-noout", "-verify")
        self.assertEqual(openssl("pkey", "-in", self.key, "-pubout"),
                         openssl("x509", "-in", self.bundle, "-noout", "-pubkey"))
        self.assertEqual(openssl("pkey", "-in", self.ca / "ca.key", "-pubout"),
                         openssl("x509", "-in", self.ca / "ca.crt", "-noout", "-pubkey"))

    def test_tls_1_3_with_client_certificates_works_by_openssl(self):
        self.install("--ca-fingerprint", self.fingerprint)
        pair = ["-cert", self.state / "identity/node.bundle", "-key", self.key,
                "-CAfile", self.ca / "ca.crt", "-tls1_3"]
        server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-Verify", "1", "-verify_return_error",
                                   "-naccept", "1", *map(str, pair)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  stdin=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (server.kill(), server.wait(), server.stdout.close(), server.stdin.close()))
        for line in server.stdout:
            if match := re.match(r"ACCEPT 127\.0\.0\.1:(\d+)", line):
                break
        out = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{match[1]}", "-verify_return_error",
                              *map(str, pair)], input="Q\n", capture_output=True, text=True, timeout=60)
        self.assertIn("Verify return code: 0 (ok)", out.stdout)


class Requests(Case):
    def setUp(self):
        super().setUp()
        self.make_mesh()

    def foreign_csr(self, *more):
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                self.dir / "foreign.key", "-out", self.csr, "-subj", "/CN=admin/O=evil", *more)

    def test_only_the_key_of_a_request_gets_into_the_certificate(self):
        self.foreign_csr("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "subjectAltName=DNS:admin",
                         "-addext", "keyUsage=keyCertSign", "-addext", f"{NETWORKS_OID}=DER:3000",
                         "-addext", f"{GROUPS_OID}=DER:30060c046f707321")
        node = self.sign()["node"]
        text = openssl("x509", "-in", self.bundle, "-noout", "-text")
        for wish in ("admin", "evil", "CA:TRUE", "Certificate Sign", GROUPS_OID):
            self.assertNotIn(wish, text)
        self.assertIn("Subject: CN = web-1", text)
        self.assertRegex(text, rf"Subject Alternative Name: *(critical)?\n *URI:\S*{node}\n")
        ids = re.findall(r"OCTET STRING\s+\[HEX DUMP\]:([0-9A-F]{32})", self.extension(NETWORKS_OID))
        self.assertEqual(sorted(base32hex(bytes.fromhex(i)) for i in ids), sorted([self.prod, self.test]))

    def test_a_request_with_a_broken_signature_is_refused_and_not_recorded(self):
        der = bytearray(openssl("req", "-in", self.csr, "-outform", "DER", text=False))
        der[-1] ^= 1
        pem = openssl("req", "-inform", "DER", text=False, input=bytes(der))
        self.csr.write_bytes(pem)
        error = json.loads(self.ctl("ca", "sign", self.csr, "--ca", self.ca, "--network", "prod", "-o", "json",
                                    code=1).stderr)
        self.assertEqual(error["code"], "RUNAR-E4018")
        self.assertFalse((self.ca / "issued.log").exists())

    def test_keys_of_another_kind_are_refused(self):
        for kind in (["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], ["ed25519"]):
            openssl("req", "-new", "-newkey", *kind, "-nodes", "-keyout", self.dir / "k", "-out", self.csr, "-subj", "/CN=x")
            self.ctl("ca", "sign", self.csr, "--ca", self.ca, "--network", "prod", code=1)

    def test_a_name_is_given_to_one_key_unless_replaced(self):
        self.sign()
        self.foreign_csr()
        error = self.ctl("ca", "sign", self.csr, "--ca", self.ca, "--network", "prod", code=7).stderr
        self.assertIn("RUNAR-E1004", error)
        self.assertIn(self.node, error)
        self.sign("--replace")

    def test_each_issuance_is_one_line_of_the_log(self):
        first, second = self.sign(), self.sign()
        lines = (self.ca / "issued.log").read_text().splitlines()
        self.assertEqual(len(lines), 2)
        for line, signed in zip(lines, (first, second)):
            self.assertRegex(line, rf"^\S+Z serial={signed['serial']} node={self.node} name=web-1 networks=prod,test not_after=\S+Z( groups=\S+)? lifetime=\d+$")


class Installing(Case):
    def setUp(self):
        super().setUp()
        self.make_mesh()
        self.sign()

    def test_the_first_install_needs_the_fingerprint_later_ones_do_not(self):
        self.install(code=2)
        self.assertIsNone(self.installed())
        self.install("--ca-fingerprint", self.fingerprint)
        self.assertEqual(self.installed(), self.bundle.read_bytes())
        self.sign()
        self.install()
        self.assertEqual(self.installed(), self.bundle.read_bytes())

    def test_a_wrong_ca_or_key_changes_nothing(self):
        self.install("--ca-fingerprint", self.fingerprint)
        before = self.installed()
        self.install("--ca-fingerprint", "SHA256:" + "0" * 64, code=6)
        # Another CA of the same name, signing the right key.
        self.ctl("ca", "init", "--name", "acme", "--out", self.dir / "other", "--no-passphrase")
        self.ctl("network", "create", "prod", "--ca", self.dir / "other")
        self.ctl("ca", "sign", self.csr, "--ca", self.dir / "other", "--network", "prod", "--out", self.bundle)
        self.install(code=6)
        self.install("--ca-fingerprint", self.fingerprint, code=6)
        # The right CA, signing another key.
        self.ctl("node", "init", "--state", self.dir / "state2")
        self.ctl("node", "csr", "--state", self.dir / "state2", "--out", self.dir / "web-2.csr")
        self.ctl("ca", "sign", self.dir / "web-2.csr", "--ca", self.ca, "--network", "prod", "--out", self.bundle)
        self.install(code=6)
        # Cut off.
        self.bundle.write_bytes(self.bundle.read_bytes()[:-100])
        self.install(code=1)
        self.assertEqual(self.installed(), before)

    def test_network_names_can_not_be_exchanged_on_the_way(self):
        blocks = re.findall(r"-----BEGIN ([A-Z ]+)-----\n(.*?)-----END", self.bundle.read_text(), re.S)
        self.assertEqual([label for label, _ in blocks], ["CERTIFICATE", "CERTIFICATE", "RUNARD NETWORKS"] + 2 * ["RUNARD STATEMENT"])
        import base64
        body = base64.b64decode(blocks[2][1])
        swapped = body.replace(b"prod", b"____").replace(b"test", b"prod").replace(b"____", b"test")
        self.assertNotEqual(body, swapped)
        text = self.bundle.read_text()
        start = text.index("-----BEGIN RUNARD")
        encoded = base64.encodebytes(swapped).decode().replace("\n", "")
        lines = "\n".join(encoded[i:i + 64] for i in range(0, len(encoded), 64))
        self.bundle.write_text(f"{text[:start]}-----BEGIN RUNARD NETWORKS-----\n{lines}\n-----END RUNARD NETWORKS-----\n")
        error = self.install("--ca-fingerprint", self.fingerprint, code=1).stderr
        self.assertIn("not signed by the CA", error)
        self.assertIsNone(self.installed())

    def test_an_expired_bundle_is_refused(self):
        self.sign("--ttl", "1s")
        deadline = time.monotonic() + 30
        while json.loads(subprocess.run([RUNARCTL, "ca", "inspect", self.bundle, "-o", "json"], capture_output=True,
                                        text=True).stdout)["problem"] is None:
            self.assertLess(time.monotonic(), deadline)
        error = self.install("--ca-fingerprint", self.fingerprint, code=6).stderr
        self.assertIn("RUNAR-E4004", error)


class Files(Case):
    init_node = Case.init_node_with_openssl

    def setUp(self):
        super().setUp()
        old = os.umask(0)  # the modes must not lean on the umask
        self.addCleanup(os.umask, old)
        self.make_mesh()
        self.sign()
        self.install("--ca-fingerprint", self.fingerprint)

    def test_modes(self):
        for path, mode in ((self.ca, 0o700), (self.ca / "ca.key", 0o600), (self.ca / "ca.crt", 0o644),
                           (self.ca / "issued.log", 0o600), (self.state, 0o700), (self.state / "identity", 0o700),
                           (self.state / "keystore.rks", 0o600), (self.state / "identity/node.bundle", 0o644)):
            self.assertEqual(self.mode(path), mode, path)

    def test_keys_that_others_can_read_are_refused(self):
        os.chmod(self.state / "keystore.rks", 0o640)
        self.assertIn("RUNAR-E4008", self.ctl("node", "csr", "--state", self.state, code=6).stderr)
        os.chmod(self.ca / "ca.key", 0o604)
        self.assertIn("RUNAR-E4008", self.ctl("network", "create", "x", "--ca", self.ca, code=6).stderr)

    def test_an_identity_and_a_ca_are_made_once(self):
        key = (self.state / "keystore.rks").read_bytes()
        ca_key = (self.ca / "ca.key").read_bytes()
        self.ctl("node", "init", "--state", self.state, code=7)
        self.ctl("ca", "init", "--name", "acme", "--out", self.ca, "--no-passphrase", code=7)
        self.assertEqual((self.state / "keystore.rks").read_bytes(), key)
        self.assertEqual((self.ca / "ca.key").read_bytes(), ca_key)

    def test_no_private_key_is_in_anything_that_leaves_the_machine_or_is_said(self):
        scalars = [re.search(r"priv:\s*((?:[0-9a-f]{2}[:\s]*)+)pub:", openssl("pkey", "-in", key, "-noout", "-text"))[1]
                   for key in (self.key, self.ca / "ca.key")]
        said = [self.ctl("ca", "inspect", self.ca), self.ctl("ca", "inspect", self.bundle),
                self.ctl("ca", "inspect", self.key, code=6),
                self.ctl("keystore", "inspect", "--state", self.state), self.ctl("key", "ls", "--state", self.state)]
        told = b"".join((one.stdout + one.stderr).encode() for one in said)
        told += self.csr.read_bytes() + self.bundle.read_bytes() + (self.ca / "issued.log").read_bytes()
        import base64
        for scalar in scalars:
            raw = bytes.fromhex(re.sub(r"[^0-9a-f]", "", scalar)).rjust(32, b"\0")[-32:]
            for form in (raw, raw.hex().encode(), base64.b64encode(raw)[:40]):
                self.assertNotIn(form, told)

    def test_two_at_once_do_not_mix(self):
        runs = [subprocess.Popen([RUNARCTL, "network", "create", f"n{i}", "--ca", self.ca, "-o", "json"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for i in range(8)]
        made = set()
        for i, run in enumerate(runs):
            out, err = run.communicate(timeout=60)
            self.assertIn(run.returncode, (0, 7), err)
            if run.returncode == 0:
                made.add(f"n{i}")
        self.assertEqual(set(self.json("ca", "inspect", self.ca)["networks"]), made | {"prod", "test"})


class Disaster(Case):
    def setUp(self):
        super().setUp()
        self.make_mesh()

    def limited(self, *args, size):
        """Runs with a limit on the size of files: the write that crosses it fails as on a full disk."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return subprocess.run([RUNARCTL, *map(str, args)], capture_output=True, text=True, preexec_fn=limit, timeout=60)

    def test_a_full_disk_leaves_what_was_there(self):
        self.sign()
        self.install("--ca-fingerprint", self.fingerprint)
        before, log = self.installed(), (self.ca / "issued.log").read_bytes()
        self.sign()
        done = self.limited("node", "install", self.bundle, "--state", self.state, size=200)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("RUNAR-E9001", done.stderr)
        self.assertEqual(self.installed(), before)
        grown = (self.ca / "issued.log").read_bytes()
        done = self.limited("ca", "sign", self.csr, "--ca", self.ca, "--network", "prod", size=len(grown) + 20)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual((self.ca / "issued.log").read_bytes(), grown)
        done = self.limited("node", "init", "--state", self.dir / "state3", size=50)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.ctl("node", "init", "--state", self.dir / "state3")
        self.assertNotEqual(log, grown)

    def test_kill_9_at_any_moment_leaves_the_old_or_the_new(self):
        bundles = []
        for _ in range(2):
            self.sign()
            bundles.append(self.bundle.read_bytes())
        self.install("--ca-fingerprint", self.fingerprint)
        began = time.monotonic()
        self.install()
        full = time.monotonic() - began
        for i in range(40):
            self.bundle.write_bytes(bundles[i % 2])
            run = subprocess.Popen([RUNARCTL, "node", "install", self.bundle, "--state", self.state],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(timeout=full * i / 40)
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
            self.assertIn(self.installed(), bundles)
        self.install()

    def test_kill_9_while_signing_never_gives_out_what_is_not_recorded(self):
        began = time.monotonic()
        self.sign()
        full = time.monotonic() - began
        for i in range(40):
            self.bundle.unlink(missing_ok=True)
            run = subprocess.Popen([RUNARCTL, "ca", "sign", self.csr, "--ca", self.ca, "--network", "prod", "--out",
                                    self.bundle], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                run.wait(timeout=full * i / 40)
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
            if self.bundle.exists():
                serial = openssl("x509", "-in", self.bundle, "-noout", "-serial").strip().split("=")[1].lower()
                self.assertIn(f"serial={serial} ", (self.ca / "issued.log").read_text())
        self.sign()


if __name__ == "__main__":
    unittest.main(verbosity=2)
