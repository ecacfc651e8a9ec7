#include "discovery/announcement_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace runard::discovery {
namespace {

// The source's own address comes first: it is the one that surely works between the two.
std::vector<std::string> addresses_of(const Announcement& announcement, const Source& source) {
  const bool v6 = source.ip.find(':') != std::string::npos;
  std::vector<std::string> addresses = {v6 ? fmt::format("[{}]:{}", source.ip, announcement.port)
                                           : fmt::format("{}:{}", source.ip, announcement.port)};
  for (const wire::Address& address : announcement.addresses) {
    const bool useless = address.link_local() || (address.loopback() && !source.same_host);
    std::string text = address.text();
    if (!useless && std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
      addresses.push_back(std::move(text));
    }
  }
  return addresses;
}

}  // namespace

AnnouncementTable::Heard AnnouncementTable::heard(core::ByteView datagram, const Source& source,
                                                  core::TimePoint now) {
  expire(now);
  const auto announcement = decode_announcement(datagram);
  if (announcement.has_error()) {
    ++stats_.malformed;
    return {};
  }
  if (announcement->node == self_) {
    return {};
  }
  Speaker* from = speaker(source.ip, now);
  if (from == nullptr || !from->bucket.take(now)) {
    ++stats_.limited;
    return {};
  }
  const Key key{announcement->node, source.ip};
  if (announcement->goodbye) {
    const bool known = entries_.erase(key) > 0;
    from->nodes -= known ? 1 : 0;
    return {known ? Heard::What::kGone : Heard::What::kNothing, {{}, announcement->node}, false};
  }
  Entry* found = entry(key, *from);
  if (found == nullptr) {
    ++stats_.limited;
    return {};
  }
  const bool fresh = found->expires <= now || found->boot != announcement->boot;
  *found = {announcement->boot, now + ttl_};
  return {Heard::What::kSeen,
          {addresses_of(*announcement, source), announcement->node, ttl_, fresh},
          fresh || announcement->please_answer};
}

AnnouncementTable::Speaker* AnnouncementTable::speaker(const std::string& ip, core::TimePoint now) {
  const auto found = speakers_.find(ip);
  if (found == speakers_.end() && speakers_.size() >= kMaxSources) {
    return nullptr;
  }
  Speaker& speaker = found == speakers_.end() ? speakers_[ip] : found->second;
  speaker.last = now;
  return &speaker;
}

// A new entry has expired already: that is what makes its first announcement fresh.
AnnouncementTable::Entry* AnnouncementTable::entry(const Key& key, Speaker& speaker) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    return &found->second;
  }
  if (entries_.size() >= kMaxNodes || speaker.nodes >= kMaxNodesPerSource) {
    return nullptr;
  }
  ++speaker.nodes;
  return &entries_[key];
}

// Once a second at most: a flood must not make each datagram cost a walk.
void AnnouncementTable::expire(core::TimePoint now) {
  if (now < swept_ + std::chrono::seconds(1)) {
    return;
  }
  swept_ = now;
  std::erase_if(entries_, [&](const auto& item) {
    const bool over = item.second.expires <= now;
    if (over) {
      --speakers_.at(item.first.second).nodes;
    }
    return over;
  });
  std::erase_if(speakers_, [&](const auto& item) {
    return item.second.nodes == 0 && item.second.last + ttl_ <= now;
  });
}

}  // namespace runard::discovery
