// World: whole meshes in virtual time. Nodes are real Mesh objects; links are pipes of messages
// that keep order, with delay; what a transport and a network would do besides (handshakes,
// competing links, partitions, one-way cuts, full streams, crashes, frozen processes) is played
// here.
//
// All of it follows from the seed: two runs of one seed give the same digest.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "sim/sim_node.h"

namespace runard::sim {

using core::Duration;
using core::TimePoint;

// What may go wrong in one run; chosen by the seed, so that runs differ in kind, not only in order.
struct Swarm {
  std::size_t nodes = 3;
  bool multicast = true;
  bool crashes = false;
  bool leaves = false;
  bool partitions = false;
  bool one_way_cuts = false;
  bool lost_links = false;
  bool full_streams = false;
  bool freezes = false;
  bool big_rows = false;
  Duration max_delay{};
  std::size_t dead_addresses = 1;  // in each node's static peers
  bool one_network = false;        // all nodes in the same one

  static Swarm choose(core::Random& random);
};

class World {
 public:
  explicit World(std::uint64_t seed);
  World(std::uint64_t seed, const Swarm& swarm);
  ~World();

  // `faults` of trouble, then `quiet` without any. Empty when all held; else what did not.
  std::vector<std::string> run(Duration faults, Duration quiet);
  std::uint64_t digest() const { return digest_; }
  const Swarm& swarm() const { return swarm_; }
  std::uint64_t frames() const { return frames_; }
  std::size_t dials() const { return dials_; }

  // For tests that play one scene instead of a run.
  void start(std::size_t node);
  void kill(std::size_t node) { end_run(node); }
  void leave(std::size_t node, Duration grace);
  void pass_time(Duration time) { run_until(now_ + time); }
  bool runs(std::size_t node) const { return nodes_[node]->mesh != nullptr; }
  // How long until `done`, looked at each millisecond; `limit` when it is not by then.
  Duration time_until(const std::function<bool()>& done, Duration limit);
  bool sees(std::size_t observer, std::size_t other) const;
  bool shows(std::size_t observer, std::size_t other) const;

 private:
  using LinkId = mesh::LinkId;
  using Node = SimNode;
  class NodePort;

  struct End {
    std::size_t node = 0;
    std::uint64_t epoch = 0;                     // of the node's run that the link belongs to
    TimePoint last_arrival{};                    // of what was sent to this end: pipes keep order
    std::vector<std::function<void()>> waiting;  // what a cut holds up on its way to this end
  };
  // ends[0] dialled. Gone as soon as one end has closed it or both runs are over.
  struct Pipe {
    End ends[2];
  };
  struct Event {
    TimePoint when;
    std::uint64_t order;
    std::function<void()> run;
    bool operator>(const Event& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };

  void make_nodes();

  // Time.
  void at(TimePoint when, std::function<void()> run);
  void after(Duration delay, std::function<void()> run) { at(now_ + delay, std::move(run)); }
  void run_until(TimePoint end);
  // Runs at a node if that run of it still lives, after its freeze is over.
  void on_node(std::size_t node, std::uint64_t epoch, std::function<void(Node&)> run);
  void tick_later(std::size_t node);

  // Network.
  Duration delay() { return Duration(1) + below(swarm_.max_delay); }
  bool runs(std::size_t node, std::uint64_t epoch) const;
  bool blocked(std::size_t from, std::size_t to) const { return cuts_.contains({from, to}); }
  void dial(std::size_t from, mesh::DialId dial, const std::vector<std::string>& addresses,
            const std::optional<core::NodeId>& expected);
  void answer_dial(std::size_t from, mesh::DialId dial, core::Errc code,
                   std::optional<core::NodeId> who, Duration wait);
  void connect(std::size_t from, std::size_t to, mesh::DialId dial);
  bool outdone(const Pipe& old, std::size_t from, std::size_t to) const;
  void tell_up(LinkId link, std::size_t end, mesh::DialId dial);
  bool send(std::size_t from, LinkId link, wire::SyncType type, core::Bytes body);
  // Hands something to an end of a link after the pipe's delay, in order, when no cut is between.
  void pass(LinkId link, std::size_t end, std::function<void()> hand_over);
  void close(std::size_t from, LinkId link);
  void reset(LinkId link, std::size_t stranger);
  std::size_t end_of(const Pipe& pipe, std::size_t node) const {
    return pipe.ends[0].node == node ? 0 : 1;
  }

  // Life of nodes.
  void end_run(std::size_t node);
  void announce_later(std::size_t node);
  void announce(std::size_t node, bool asking);
  void change_rows(std::size_t node);

  // Trouble.
  void trouble(TimePoint until);
  void cut(std::size_t a, std::size_t b, bool both);
  void mend(std::size_t a, std::size_t b);
  void heal();

  // What must hold (world_checks.cc).
  void check_ghosts();
  void check_frame(std::size_t to, core::ByteView body);
  void check_converged();
  registry::NodeRows expected_rows(std::size_t of, std::size_t seen_by) const;
  bool share_a_network(std::size_t a, std::size_t b) const;
  void fail(std::string what);

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  Duration below(Duration most) {
    return Duration(
        static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(most.count()) + 1)));
  }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }
  void record(std::uint64_t what);

  core::SeededRandom random_;
  Swarm swarm_;
  TimePoint now_{std::chrono::hours(1)};
  std::uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<LinkId, Pipe> pipes_;
  LinkId last_link_ = 0;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;  // from, to
  bool quiet_ = false;
  std::uint64_t digest_ = 0xcbf29ce484222325;
  std::uint64_t frames_ = 0;
  std::size_t dials_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace runard::sim
