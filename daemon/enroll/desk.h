// Desk: the issuer's side of enrolments, as a state machine: guests, frames and times in; frames,
// and work for the Office, out.
//
// A guest: request -> (token looked up) -> challenge -> reveal -> proved -> (approved by an
// operator) -> (signed) -> granted. Whatever is wrong before the proof gets one answer, "refused";
// the log has the reason. Nothing of a request but its token's id is used before the proof.
// Guests are bounded by the transport, those that wait for an operator by kMaxPending.
// Threading: the control strand; look_up() and redeem() answer later, by looked_up() and
// redeemed(), never inside the call.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/result.h"
#include "enroll/messages.h"
#include "enroll/token_book.h"

namespace runard::enroll {

using GuestId = std::uint64_t;

class DeskPort {
 public:
  virtual void send(GuestId guest, Message type, core::Bytes body) = 0;
  // After what was sent. `welcome`: it was no failed attempt.
  virtual void close(GuestId guest, bool welcome) = 0;
  // It may take so long from now on.
  virtual void keep(GuestId guest, core::Duration patience) = 0;
  virtual void look_up(GuestId guest, const TokenId& token) = 0;
  virtual void redeem(GuestId guest, const TokenId& token, const std::string& request,
                      bool approved) = 0;

 protected:
  ~DeskPort() = default;
};

// A request that waits for an operator.
struct PendingRequest {
  core::NodeId node;
  std::string words;  // key_words: the same on the node's screen
  std::string wished_name;
  std::string address;
  TokenId token;
  core::TimePoint until{};
  bool decided = false;
};

class Desk {
 public:
  static constexpr std::size_t kMaxPending = 32;
  static constexpr core::Duration kSigningTime = std::chrono::seconds(15);

  // What it is given outlives it. `patience`: how long a request waits for an operator.
  Desk(DeskPort& port, const core::Clock& clock, core::Log log,
       core::Duration patience = std::chrono::minutes(10))
      : port_(port), clock_(clock), log_(std::move(log)), patience_(patience) {}

  // `address` is for people; `binding` is the TLS exporter's.
  void came(GuestId guest, std::string address, core::ByteView binding);
  void said(GuestId guest, std::uint64_t type, core::ByteView body);
  void left(GuestId guest);

  void looked_up(GuestId guest, const core::Result<TokenRecord>& token);
  void redeemed(GuestId guest, const core::Result<std::string>& bundle);

  // Tells those that no operator decided about in time.
  void tick();
  core::TimePoint expiry() const;  // kNever: nobody waits

  std::vector<PendingRequest> pending() const;
  // The operator's word. kNotFound when that node does not wait.
  core::Result<void> decide(const core::NodeId& node, bool approve);

  struct Stats {
    std::uint64_t granted = 0;
    std::uint64_t refused = 0;
  };
  const Stats& stats() const { return stats_; }

 private:
  enum class Step : std::uint8_t { kFresh, kLooking, kChallenged, kWaiting, kSigning, kDone };
  struct Guest {
    Step step = Step::kFresh;
    std::string address;
    core::Bytes binding;
    Request request;
    std::optional<TokenRecord> token;
    PendingRequest pending;
  };

  void on_request(GuestId id, Guest& guest, core::ByteView body);
  void on_reveal(GuestId id, Guest& guest, core::ByteView body);
  void proved(GuestId id, Guest& guest);
  void wait(GuestId id, Guest& guest, const std::string& wished_name);
  void sign(GuestId id, Guest& guest, bool approved);
  void refuse(GuestId id, Guest& guest, Refusal refusal, const std::string& why);

  DeskPort& port_;
  const core::Clock& clock_;
  const core::Log log_;
  const core::Duration patience_;
  std::map<GuestId, Guest> guests_;
  Stats stats_;
};

}  // namespace runard::enroll
