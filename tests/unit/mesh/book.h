// An AddressBook in virtual time, of milliseconds, and hints for it.
#pragma once

#include "mesh/address_book.h"
#include "pair.h"

namespace runard::mesh {

inline const core::Error kNobody = core::fail(core::Errc::kDeadlineExceeded, "");

inline DialHint fixed(std::string address) {
  return {{std::move(address)}, {}, HintSource::kStatic, {}, false};
}
inline DialHint multicast(std::uint8_t node, std::string address, bool fresh = false) {
  return {
      {std::move(address)}, node_id(node), HintSource::kMulticast, std::chrono::seconds(15), fresh};
}

// Of a node made up by the peer `from`, with more addresses than one where nobody is.
inline DialHint invented(std::uint8_t from, int number) {
  core::NodeId node = node_id(0xee);
  node.bytes[0] = from;
  node.bytes[1] = static_cast<std::uint8_t>(number);
  node.bytes[2] = static_cast<std::uint8_t>(number >> 8);
  std::vector<std::string> addresses;
  for (int i = 0; i < 8; ++i) {
    addresses.push_back(fmt::format("10.{}.{}.{}:{}", from, number / 250, number % 250, i + 1));
  }
  return {addresses, node, HintSource::kExchange, std::chrono::minutes(10), false, node_id(from)};
}
inline DialHint exchanged(std::uint8_t from, std::uint8_t node, std::string address) {
  return {{std::move(address)},     node_id(node), HintSource::kExchange,
          std::chrono::minutes(10), false,         node_id(from)};
}

struct Book {
  core::SeededRandom random{1};
  AddressBook book{DialSettings(), random, node_id(5)};

  // Ticks each millisecond until `end`, failing dials after `dead` ms; gives when each was begun.
  std::vector<std::int64_t> run(std::int64_t end, std::int64_t dead = 5000) {
    std::vector<std::int64_t> begun;
    std::multimap<std::int64_t, DialId> ends;
    for (; ms < end; ++ms) {
      while (!ends.empty() && ends.begin()->first <= ms) {
        book.failed(ends.begin()->second, kNobody, {}, at(ms));
        ends.erase(ends.begin());
      }
      if (book.expiry() > at(ms)) {
        continue;
      }
      for (const auto& dial : book.due(at(ms))) {
        begun.push_back(ms);
        ends.emplace(ms + dead, dial.id);
        last = dial;
        statics += dial.expected ? 0 : 1;
        if (dial.expected) {
          dialled[*dial.expected] = ms;
        }
      }
    }
    return begun;
  }
  // Until `end`, each dial is answered so by whom the hint names, or somebody; gives how many.
  std::size_t refused(std::int64_t end, core::Errc code = core::Errc::kNoCommonNetwork) {
    std::size_t dials = 0;
    for (; ms < end; ++ms) {
      for (const auto& dial : book.due(at(ms))) {
        ++dials;
        book.failed(dial.id, core::fail(code, ""), {}, at(ms));
      }
    }
    return dials;
  }
  std::int64_t ms = 0;
  std::size_t statics = 0;  // dials of static targets
  AddressBook::Dial last;
  std::map<core::NodeId, std::int64_t> dialled;  // when last
};

}  // namespace runard::mesh
