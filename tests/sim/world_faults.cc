// What goes wrong in a world, and how it heals.
#include "sim/world.h"

namespace runard::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

void World::trouble(TimePoint until) {
  if (now_ >= until) {
    return;
  }
  const std::size_t node = below(nodes_.size());
  const std::size_t other = (node + 1 + below(nodes_.size() - 1)) % nodes_.size();
  switch (below(8)) {
    case 0:
      if (swarm_.crashes) {
        end_run(node);
      }
      break;
    case 1:
      if (swarm_.leaves && nodes_[node]->mesh != nullptr && !nodes_[node]->leaving) {
        leave(node, below(milliseconds(600)));
      }
      break;
    case 2:
      if (swarm_.partitions) {
        cut(node, other, true);
      }
      break;
    case 3:
      if (swarm_.one_way_cuts) {
        cut(node, other, false);
      }
      break;
    case 4:
      if (swarm_.lost_links && !pipes_.empty()) {
        const auto pipe =
            std::next(pipes_.begin(), static_cast<std::ptrdiff_t>(below(pipes_.size())));
        close(pipe->second.ends[below(2)].node, pipe->first);
      }
      break;
    case 5:
      if (swarm_.freezes && nodes_[node]->frozen_until < now_) {
        nodes_[node]->frozen_until = now_ + below(seconds(12));
        nodes_[node]->thawed = nodes_[node]->frozen_until;
      }
      break;
    case 6:
      start(node);
      break;
    default:
      change_rows(node);
  }
  after(below(seconds(1)), [this, until] { trouble(until); });
}

void World::cut(std::size_t a, std::size_t b, bool both) {
  cuts_.insert({a, b});
  if (both) {
    cuts_.insert({b, a});
  }
  after(below(seconds(20)), [this, a, b] { mend(a, b); });
}

// What was held up arrives now, if its sender still lives to send it again.
void World::mend(std::size_t a, std::size_t b) {
  cuts_.erase({a, b});
  cuts_.erase({b, a});
  for (auto& [id, pipe] : pipes_) {
    for (std::size_t end = 0; end < 2; ++end) {
      const End& from = pipe.ends[1 - end];
      if (blocked(from.node, pipe.ends[end].node)) {
        continue;
      }
      for (auto& hand_over : std::exchange(pipe.ends[end].waiting, {})) {
        if (runs(from.node, from.epoch)) {
          after(Duration(0), [this, link = id, hand_over = std::move(hand_over)] {
            if (pipes_.contains(link)) {
              hand_over();
            }
          });
        }
      }
    }
  }
}

void World::heal() {
  quiet_ = true;
  record(999);
  while (!cuts_.empty()) {
    mend(cuts_.begin()->first, cuts_.begin()->second);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i]->frozen_until = std::min(nodes_[i]->frozen_until, now_);
    if (chance(3) && swarm_.crashes) {
      end_run(i);  // some never come back
    } else {
      after(below(seconds(1)), [this, i] { start(i); });
    }
  }
}

}  // namespace runard::sim
