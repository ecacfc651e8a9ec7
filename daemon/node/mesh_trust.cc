// Whom this node trusts, while it runs: statements come in, links are judged again.
#include <algorithm>
#include <boost/asio/post.hpp>

#include "identity/certificate.h"
#include "identity/durable_file.h"
#include "identity/fingerprint.h"
#include "keys/delegation_folder.h"
#include "node/mesh_node.h"

namespace runard::node {
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds kMindEach{1};
constexpr std::chrono::hours kClockNoteEach{1};
constexpr std::chrono::milliseconds kWritePatience{100};  // of a statement's file

}  // namespace

void MeshNode::heed_statements() {
  mesh_.set_statements(book_);
  book_.set_changed([this](const identity::Statement& statement) { on_statement(statement); });
  const core::WallTime now = context_.clock.wall();
  if (const auto right = clock_guard_.check(now); !right) {
    book_.refuse_news(clock_guard_.latest());
    log_.error("the clock was set back: of the mesh's CA only denylists are taken until a restart",
               {core::field("why", core::describe(right.error())),
                core::field("do", std::string(core::info(right.error().code).remedy))});
  } else if (const auto noted = clock_guard_.note(now); !noted) {
    log_.warn("the time could not be kept", {core::field("why", core::describe(noted.error()))});
  }
}

// Comes from inside a change of the keys; the mesh is told in a turn of its own.
void MeshNode::heed_keys() {
  keeper_.on_held([this](const std::vector<keys::HeldVersion>& versions) {
    std::vector<wire::KeyHeld> held;
    for (const keys::HeldVersion& one : versions) {
      held.push_back({one.network, one.version});
    }
    context_.control.post([this, held = std::move(held)]() mutable {
      if (endpoint_) {
        mesh_.set_keys_held(std::move(held), context_.clock.now());
        rearm();
      }
    });
  });
}

transport::PeerVerifier MeshNode::make_verifier() {
  return [trust = book_.store().trust(), &ring = key_ring_,
          &clock = context_.clock](X509_STORE_CTX* chain) -> core::Result<transport::PeerIdentity> {
    const auto peer = identity::verify_peer(chain, trust, clock.wall());
    if (!peer) {
      return peer.error();
    }
    ring.learn_signer(peer->id, *peer->key);
    return transport::PeerIdentity{peer->id,     peer->name,      peer->networks,
                                   peer->groups, peer->not_after, peer->labels};
  };
}

// Comes from inside the mesh or a reload; what it leads to waits for its own turn.
void MeshNode::on_statement(const identity::Statement& statement) {
  mesh_.statement_changed(wire_key(statement.key()), context_.clock.now());
  const bool about_trust = statement.key().kind == identity::StatementKind::kTrust ||
                           statement.key().kind == identity::StatementKind::kDenylist;
  context_.control.post([this, about_trust, statement] {
    if (!endpoint_) {
      return;
    }
    keeper_.take(statement);
    keys_.codec().keys_changed();
    if (about_trust) {
      if (const auto applied = apply_trust(); !applied) {
        log_.error("new trust could not be put to use",
                   {core::field("why", core::describe(applied.error()))});
      }
    }
    rearm();
  });
}

// Without a signal: what runarctl puts there is taken as it comes.
void MeshNode::watch_state() {
  const auto watch = [this](const std::filesystem::path& folder, auto written) {
    if (const auto made = identity::make_private_folder(disk_, folder); !made) {
      log_.warn("a folder of the state can't be made",
                {core::field("why", core::describe(made.error()))});
      return;
    }
    watches_.push_back(std::make_unique<FolderWatch>(
        context_.io, FolderWatch::What{folder.string(), ".pem"},
        [written](const std::string& file, FolderWatch::Cause cause) {
          if (cause != FolderWatch::Cause::kFound) {
            written(file);
          }
        },
        log_));
    watches_.back()->start();
  };
  watch(book_.store().folder(), [this](const std::string& file) { statement_written(file); });
  watch(keys::delegation_folder(state_dir_), [this](const std::string&) {
    keeper_.take_delegations();
    keys_.codec().keys_changed();
  });
}

// Mostly it is the file that this node wrote itself just now. Who may write here is this node's
// operator, whatever the clock says.
void MeshNode::statement_written(const std::string& file) {
  if (!book_.store().is_news(file)) {
    return;
  }
  if (const auto read = book_.store().reload(context_.clock.wall()); !read) {
    log_.error("a statement that was put into the state directory is not taken",
               {core::field("file", file), core::field("why", core::describe(read.error()))});
  }
}

// New links are judged by what holds now, and those that live are judged again.
core::Result<void> MeshNode::apply_trust() {
  const auto tls = make_tls();
  if (!tls) {
    return tls.error();
  }
  endpoint_->set_tls(*tls);
  endpoint_->recheck(make_verifier(), [log = log_](const transport::Hub::Refused& refused) {
    log.warn("a link was cut: its peer is trusted no more",
             {core::field("audit", "link_cut"), core::field("peer", refused.node.text()),
              core::field("why", core::describe(refused.why))});
  });
  mesh_.trust_changed(context_.clock.now());
  tell_own_standing();
  rearm();
  return {};
}

// What peers will say to this node's own certificate.
void MeshNode::tell_own_standing() const {
  std::vector<core::Bytes> chain{identity_.tls->certificate.der()};
  for (const crypto::Certificate& certificate : identity_.tls->intermediates) {
    chain.push_back(certificate.der());
  }
  const auto own = identity::verify_peer(chain, book_.store().trust(), context_.clock.wall());
  if (!own) {
    log_.error("peers refuse this node's own certificate",
               {core::field("why", core::describe(own.error())),
                core::field("do", std::string(core::info(own.error().code).remedy))});
  }
}

// Profiles, which anybody may make many of: their files are no work of this strand.
void MeshNode::write_profiles() {
  std::vector<identity::Statement> profiles = book_.store().unwritten();
  if (writing_ || profiles.empty()) {
    return;
  }
  writing_ = true;
  boost::asio::post(
      files_, [this, profiles = std::move(profiles), folder = book_.store().folder()]() mutable {
        const std::size_t all = profiles.size();
        std::erase_if(profiles, [&](const identity::Statement& profile) {
          return !identity::StatementStore::write(disk_, folder, profile, kWritePatience);
        });
        context_.control.post([this, all, written = std::move(profiles)] {
          writing_ = false;
          std::ranges::for_each(written, [this](const auto& one) { book_.store().written(one); });
          if (written.size() < all) {
            log_.warn("profiles could not be written, it is tried again",
                      {core::field("profiles", all - written.size())});
          }
        });
      });
}

// Once a second: entries of the denylist and certificates whose time is over.
void MeshNode::mind() {
  const core::WallTime now = context_.clock.wall();
  const bool ended =
      std::ranges::any_of(links_, [now](const auto& link) { return link.second.not_after <= now; });
  if ((book_.store().refresh(now) || ended) && endpoint_) {
    if (const auto applied = apply_trust(); !applied) {
      log_.error("new trust could not be put to use",
                 {core::field("why", core::describe(applied.error()))});
    }
  }
  if (!book_.frozen() && clock_guard_.due(now, kClockNoteEach)) {
    if (const auto noted = clock_guard_.note(now); !noted) {
      log_.warn("the time could not be kept", {core::field("why", core::describe(noted.error()))});
    }
  }
  book_.make_room();
  write_profiles();
  minder_ = context_.control.after(kMindEach, [this] { mind(); });
}

json::object MeshNode::trust_status(const transport::Stats& stats) const {
  const identity::StatementStore& store = book_.store();
  json::array roots;
  for (const crypto::Certificate& root : store.trust().roots()) {
    roots.emplace_back(identity::fingerprint_text(root));
  }
  json::object refused;
  for (const auto& [code, count] : stats.refused) {
    refused[core::info(code).name] = count;
  }
  const identity::Statement* denylist = store.find({identity::StatementKind::kDenylist, {}});
  const mesh::GossipStats gossip = mesh_.gossip_stats();
  return {{"generation", store.trust_generation()},
          {"roots", std::move(roots)},
          {"denylist", denylist == nullptr ? 0 : denylist->generation()},
          {"denied", store.denied().size()},
          {"statements", store.heads().size()},
          {"statements_refused", gossip.refused},
          {"clock_behind", book_.frozen()},
          {"refused", std::move(refused)}};
}

}  // namespace runard::node
