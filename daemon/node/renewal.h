// Renewal: keeps this node's certificate alive: asks issuers over the links there are, installs
// what they grant, and tells when it ends.
//
// Nobody who says to be an issuer is believed: what it gives has to be signed later than what this
// node has and, but by another root, to end later, or the next one is asked; and between two rounds
// there is a pause, whatever they led to.
//
// Every hook is called on the control strand; installing, which waits for the disk, runs on a
// thread of its own. Control strand only, but for complete(). Outlives every reply.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <optional>

#include "enroll/renewal_plan.h"
#include "enroll/renewal_round.h"
#include "identity/disk.h"
#include "identity/node_identity.h"
#include "node/local_node.h"

namespace runard::node {

struct RenewalHooks {
  using Granted = core::UniqueFunction<void(core::Result<std::string>)>;
  std::function<std::vector<core::NodeId>()> issuers;  // linked now, or this node
  std::function<core::Result<std::string>()> request;  // as `node csr` writes it
  // Sends the body of a renewal request to that issuer.
  std::function<void(const core::NodeId& issuer, core::Bytes request, Granted granted)> ask;
  // Takes what was installed into use.
  std::function<core::Result<void>()> reload;
};

class Renewal {
 public:
  static constexpr core::Duration kPatience = std::chrono::seconds(20);  // with one issuer

  static constexpr core::Duration kLeastPause = std::chrono::seconds(1);  // between two rounds

  // `enabled`: else it only tells when the certificate ends.
  Renewal(const Context& context, std::filesystem::path state_dir, bool enabled, RenewalHooks hooks,
          const identity::NodeIdentity& identity);
  ~Renewal();

  void start() { rearm(); }
  void stop();
  // Renews now, whatever the time.
  void hurry();
  // Another certificate is in use.
  void changed(const identity::NodeIdentity& identity);
  boost::json::object status() const;

 private:
  void rearm();
  void on_timer();
  void warn(enroll::Standing standing);
  void begin();
  void ask_next();
  void install(const std::string& bundle);
  void installed(const core::Result<void>& outcome);
  void failed(const core::Error& why);
  core::Result<core::Bytes> make_request() const;

  const Context context_;
  const core::Log log_;
  const std::filesystem::path state_dir_;
  const bool enabled_;
  const RenewalHooks hooks_;
  identity::SystemDisk disk_;
  const core::NodeId self_;
  std::shared_ptr<const identity::TlsMaterial> material_;
  enroll::RenewalPlan plan_;
  std::optional<enroll::RenewalRound> round_;  // in progress
  core::TimePoint next_round_{};               // at the earliest
  std::optional<core::Error> last_error_;
  std::uint64_t renewals_ = 0;
  std::uint64_t failures_ = 0;
  core::TimerId timer_ = 0;
  bool stopped_ = false;
  boost::asio::thread_pool files_{1};  // joined first
};

}  // namespace runard::node
