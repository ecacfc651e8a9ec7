#include "enroll/messages.h"

#include <algorithm>

#include "crypto/chain.h"
#include "identity/bundle.h"
#include "wire/cbor.h"

namespace runard::enroll {
namespace {

using core::Errc;
using std::chrono::seconds;

constexpr std::uint64_t kMostSeconds = 24 * 3600;

// A map of the keys 1..n: `take(key)` reads a known one. True when all were there, and the rest was
// well formed.
template <class F>
bool read_map(core::ByteView body, std::uint64_t keys, F take) {
  wire::CborReader reader(body);
  std::uint64_t known = 0;
  reader.map([&](std::uint64_t key) {
    if (key < 1 || key > keys) {
      return reader.skip();
    }
    ++known;
    take(reader, key);
  });
  return reader.done() && known == keys;
}

core::Error malformed(const char* what) {
  return core::fail(Errc::kMalformedFrame, what);
}

void take(wire::CborReader& reader, std::span<std::uint8_t> out) {
  const core::ByteView bytes = reader.bytes();
  if (bytes.size() != out.size()) {
    return reader.fail();
  }
  std::copy(bytes.begin(), bytes.end(), out.begin());
}

void take(wire::CborReader& reader, std::size_t most, std::string& out) {
  const std::string_view text = reader.text();
  if (text.size() > most) {
    return reader.fail();
  }
  out = text;
}

template <class F>
core::Bytes one_key(F value) {
  core::Bytes body;
  wire::CborWriter writer(body);
  writer.map(1);
  writer.key(1);
  value(writer);
  return body;
}

}  // namespace

core::Bytes encode(const Request& request) {
  core::Bytes body;
  wire::CborWriter writer(body);
  writer.map(3);
  writer.key(1);
  writer.bytes(request.token.bytes);
  writer.key(2);
  writer.text(request.request);
  writer.key(3);
  writer.bytes(request.proof);
  return body;
}

core::Result<Request> decode_request(core::ByteView body) {
  Request request;
  const bool good = read_map(body, 3, [&](wire::CborReader& reader, std::uint64_t key) {
    key == 1   ? take(reader, request.token.bytes)
    : key == 2 ? take(reader, kMaxRequestText, request.request)
               : take(reader, request.proof);
  });
  return good ? core::Result<Request>(std::move(request)) : malformed("enrolment request");
}

core::Bytes encode(const Challenge& challenge) {
  return one_key([&](wire::CborWriter& writer) { writer.bytes(challenge.proof); });
}

core::Result<Challenge> decode_challenge(core::ByteView body) {
  Challenge challenge;
  const bool good = read_map(
      body, 1, [&](wire::CborReader& reader, std::uint64_t) { take(reader, challenge.proof); });
  return good ? core::Result<Challenge>(challenge) : malformed("enrolment challenge");
}

core::Bytes encode(const Reveal& reveal) {
  core::Bytes body;
  body.reserve(64);  // one place to cleanse
  wire::CborWriter writer(body);
  writer.map(1);
  writer.key(1);
  writer.bytes(reveal.secret.view());
  return body;
}

core::Result<Reveal> decode_reveal(core::ByteView body) {
  Reveal reveal{crypto::SecretBytes(kSecretSize)};
  const bool good = read_map(body, 1, [&](wire::CborReader& reader, std::uint64_t) {
    take(reader, reveal.secret.bytes());
  });
  return good ? core::Result<Reveal>(std::move(reveal)) : malformed("enrolment secret");
}

core::Bytes encode(const Pending& pending) {
  return one_key([&](wire::CborWriter& writer) {
    writer.number(
        static_cast<std::uint64_t>(std::chrono::duration_cast<seconds>(pending.patience).count()));
  });
}

core::Result<Pending> decode_pending(core::ByteView body) {
  Pending pending;
  const bool good = read_map(body, 1, [&](wire::CborReader& reader, std::uint64_t) {
    pending.patience = seconds(std::min(reader.number(), kMostSeconds));
  });
  return good ? core::Result<Pending>(pending) : malformed("enrolment pending");
}

core::Bytes encode_granted(std::string_view bundle) {
  return one_key([&](wire::CborWriter& writer) { writer.text(bundle); });
}

core::Result<std::string> decode_granted(core::ByteView body) {
  std::string bundle;
  const bool good = read_map(body, 1, [&](wire::CborReader& reader, std::uint64_t) {
    take(reader, identity::kMaxBundleText, bundle);
  });
  return good ? core::Result<std::string>(std::move(bundle)) : malformed("enrolment bundle");
}

core::Bytes encode(Refusal refusal) {
  return one_key(
      [&](wire::CborWriter& writer) { writer.number(static_cast<std::uint64_t>(refusal)); });
}

core::Result<Refusal> decode_refused(core::ByteView body) {
  std::uint64_t code = 0;
  const bool good =
      read_map(body, 1, [&](wire::CborReader& reader, std::uint64_t) { code = reader.number(); });
  if (!good) {
    return malformed("enrolment refusal");
  }
  const bool known = code >= 1 && code <= static_cast<std::uint64_t>(Refusal::kBusy);
  return known ? static_cast<Refusal>(code) : Refusal::kRefused;
}

core::Bytes encode(const RenewalRequest& request) {
  core::Bytes body;
  wire::CborWriter writer(body);
  writer.map(2);
  writer.key(1);
  writer.text(request.request);
  writer.key(2);
  writer.array(request.chain.size());
  for (const core::Bytes& der : request.chain) {
    writer.bytes(der);
  }
  return body;
}

core::Result<RenewalRequest> decode_renewal(core::ByteView body) {
  RenewalRequest request;
  std::size_t bytes = 0;
  const bool good = read_map(body, 2, [&](wire::CborReader& reader, std::uint64_t key) {
    if (key == 1) {
      return take(reader, kMaxRequestText, request.request);
    }
    reader.array(crypto::kMaxChain, [&] {
      const core::ByteView der = reader.bytes();
      bytes += der.size();
      if (bytes > kMaxChainBytes) {
        return reader.fail();
      }
      request.chain.emplace_back(der.begin(), der.end());
    });
  });
  return good ? core::Result<RenewalRequest>(std::move(request)) : malformed("renewal request");
}

}  // namespace runard::enroll
