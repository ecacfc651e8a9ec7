#include "identity/profile.h"

#include <catch2/catch_test_macros.hpp>

#include "crypto/digest.h"
#include "identity/name.h"
#include "support/result_text.h"

using namespace runard;
using core::Errc;
using core::NetworkId;
using identity::encode_networks;
using identity::parse_networks;

namespace {

NetworkId network(std::uint8_t number) {
  NetworkId id;
  id.bytes.back() = number;
  return id;
}

std::vector<NetworkId> networks(std::size_t count) {
  std::vector<NetworkId> ids;
  for (std::size_t i = 0; i < count; ++i) {
    ids.push_back(network(static_cast<std::uint8_t>(i)));
  }
  return ids;
}

core::Bytes bytes(std::initializer_list<int> values) {
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("names of letters, digits, dots, dashes and underscores are taken") {
  CHECK(identity::valid_name("web-1"));
  CHECK(identity::valid_name("1"));
  CHECK(identity::valid_name("A.b_c"));
  CHECK(identity::valid_name(std::string(63, 'x')));
}

TEST_CASE("names that could mean something else are refused") {
  for (const char* bad : {"", "-x", ".", "..", "a b", "a/b", "a:b", "$x", "a\n", "\xc3\xa4", "*"}) {
    INFO(bad);
    CHECK_FALSE(identity::valid_name(bad));
  }
  CHECK_FALSE(identity::valid_name(std::string(64, 'x')));
}

TEST_CASE("a node id is the first half of the SHA-256 of its key's SubjectPublicKeyInfo") {
  const auto key = crypto::PrivateKey::generate();
  const auto digest = crypto::sha256(key->public_key().spki());
  const auto id = identity::node_id_of(key->public_key());
  CHECK(std::equal(id.bytes.begin(), id.bytes.end(), digest.begin()));
  CHECK(identity::node_uri(id) == "runar://node/" + id.text());
  CHECK(identity::parse_node_uri(identity::node_uri(id)) == id);
}

TEST_CASE("a URI that is not exactly a node's is refused") {
  const std::string good = identity::node_uri(core::NodeId{});
  CHECK(identity::parse_node_uri(good));
  for (const std::string& bad :
       {std::string(), std::string("runar://node/"), good + "/", good + "?x", good + "0",
        good.substr(0, good.size() - 1), "RUNAR" + good.substr(5), "spiffe://node/" + good,
        " " + good, good + std::string(1, '\0')}) {
    INFO(bad);
    CHECK_FALSE(identity::parse_node_uri(bad));
  }
}

TEST_CASE("networks in a certificate have these bytes") {
  const core::Bytes der = encode_networks({network(2), network(1)});
  CHECK(crypto::hex(der) ==
        "3024"
        "0410"
        "00000000000000000000000000000001"
        "0410"
        "00000000000000000000000000000002");
}

TEST_CASE("networks come back sorted and without doubles, up to the limit") {
  CHECK(*parse_networks(encode_networks({network(2), network(1), network(2)})) ==
        std::vector{network(1), network(2)});
  CHECK(parse_networks(encode_networks(networks(identity::kMaxNetworks)))->size() == 64);
}

TEST_CASE("no network and too many networks are told apart") {
  CHECK(parse_networks(encode_networks({})).error().code == Errc::kCertificateNoNetworks);
  CHECK(parse_networks(encode_networks(networks(65))).error().code ==
        Errc::kCertificateTooManyNetworks);
}

TEST_CASE("networks that are not a canonical sequence of 16-byte ids are refused") {
  const core::Bytes good = encode_networks({network(1), network(2)});
  std::vector<core::Bytes> bad = {
      {},
      bytes({0x30}),
      bytes({0x05, 0x00}),                    // NULL
      bytes({0x31, 0x02, 0x04, 0x00}),        // a set
      bytes({0x30, 0x02, 0x04, 0x00}),        // an id of no bytes
      bytes({0x30, 0x03, 0x02, 0x01, 0x07}),  // an integer
      bytes({0x30, 0x80, 0x00, 0x00}),        // indefinite length, empty
  };
  core::Bytes longer = good;
  longer.push_back(0);
  bad.push_back(longer);
  core::Bytes swapped = encode_networks({network(1), network(2)});
  std::swap(swapped[19], swapped[37]);  // 2 before 1
  bad.push_back(swapped);
  core::Bytes doubled = good;
  doubled[37] = 1;
  bad.push_back(doubled);
  core::Bytes long_form = bytes({0x30, 0x81, 0x24});  // a length in more bytes than needed
  long_form.insert(long_form.end(), good.begin() + 2, good.end());
  bad.push_back(long_form);
  for (const core::Bytes& der : bad) {
    INFO(crypto::hex(der));
    const auto parsed = parse_networks(der);
    REQUIRE_FALSE(parsed);
    CHECK((parsed.error().code == Errc::kCertificateBadNetworks ||
           parsed.error().code == Errc::kCertificateNoNetworks));
  }
  CHECK(parse_networks(swapped).error().code == Errc::kCertificateBadNetworks);
  CHECK(parse_networks(doubled).error().code == Errc::kCertificateBadNetworks);
}

TEST_CASE("networks with any byte cut off are refused") {
  const core::Bytes good = encode_networks({network(1), network(2)});
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(parse_networks(core::ByteView(good).first(size)));
  }
}
