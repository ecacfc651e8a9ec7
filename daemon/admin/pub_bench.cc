#include "admin/pub_bench.h"

#include <fmt/format.h>

#include <utility>

namespace runard::admin {

using core::Errc;

PubBench::PubBench(PubBenchOptions options, rpc::Broker& broker, const core::Clock& clock,
                   Later later)
    : options_(std::move(options)), broker_(broker), clock_(clock), later_(std::move(later)) {}

core::Result<void> PubBench::start(std::string run, Done done) {
  if (options_.count == 0 || options_.count > kMaxCount) {
    return core::fail(Errc::kInvalidArgument,
                      fmt::format("a bench publishes 1 to {} events", kMaxCount));
  }
  run_ = std::move(run);
  if (auto listening = listen(); !listening) {
    return listening;
  }
  done_ = std::move(done);
  began_ = clock_.now();
  go_on(core::Duration{0});
  arm_patience(UINT64_MAX);
  return {};
}

core::Result<void> PubBench::listen() {
  rpc::SubscribeOptions reports;
  reports.network = options_.topic.network;
  reports.pattern = report_topic(options_.topic.topic);
  reports.subscriber = "runarctl bench";
  reports.announce = !options_.topic.local;
  if (reports.pattern.empty()) {
    return core::fail(Errc::kInvalidArgument, "the topic is too long for a bench");
  }
  auto queue = broker_.subscribe(std::move(reports), *this);
  if (!queue) {
    return queue.error();
  }
  reports_ = *queue;
  if (options_.topic.local) {
    counter_ = std::make_shared<EventCounter>(broker_, clock_, later_, nullptr);
    return counter_->open(options_.topic);
  }
  return {};
}

void PubBench::go_on(core::Duration delay) {
  later_(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->turn();
    }
  });
}

rpc::Receipt PubBench::publish() {
  const rpc::Pair mark[] = {{kBenchMark, step_ == Step::kBegin ? kBenchBegin : kBenchEnd},
                            {kBenchRun, run_}};
  rpc::Event event;
  event.network = options_.topic.network;
  event.topic = options_.topic.topic;
  event.publisher = "runarctl bench";
  event.payload = options_.payload;
  if (step_ != Step::kEvents) {
    event.meta = mark;
  }
  rpc::PublishOptions options;
  options.broadcast = !options_.topic.local;
  return broker_.publish(event, options);
}

void PubBench::turn() {
  for (std::uint32_t i = 0; i < kTurn; ++i) {
    if (!done_ || step_ == Step::kReport) {
      return;
    }
    const rpc::Receipt receipt = publish();
    if (receipt.code == Errc::kBackpressure) {
      ++result_.busy;
      go_on(kPause);
      return;
    }
    if (!take(receipt)) {
      return;
    }
  }
  go_on(core::Duration{0});
}

// What was published is out of the way. False: it is over.
bool PubBench::take(const rpc::Receipt& receipt) {
  if (receipt.code != Errc{}) {
    end(core::fail(receipt.code, receipt.about, core::Executed::kNo));
    return false;
  }
  ++progress_;
  switch (step_) {
    case Step::kBegin:
      if (receipt.reached == 0) {
        end(core::fail(
            Errc::kNoEndpoint,
            fmt::format("nobody subscribes to \"{}\": run `runarctl bench sub {}` on the "
                        "node that is to receive, or say --local",
                        options_.topic.topic, options_.topic.topic),
            core::Executed::kNo));
        return false;
      }
      step_ = Step::kEvents;
      break;
    case Step::kEvents:
      if (++result_.count == options_.count) {
        result_.published = clock_.now() - began_;
        step_ = Step::kEnd;
      }
      break;
    default:
      step_ = Step::kReport;
      break;
  }
  return true;
}

void PubBench::ready() noexcept {
  later_(core::Duration{0}, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->read_reports();
    }
  });
}

void PubBench::read_reports() {
  rpc::Delivery delivery;
  while (done_ && reports_ && reports_->pop(delivery)) {
    reports_->done(delivery.token, rpc::Verdict::kOk);
    const auto count = parse_event_count(delivery.event->payload.bytes);
    if (count && count->run == run_) {
      result_.seen = *count;
      end({});
    }
  }
}

// Ends the bench when nothing was taken and no report came for as long as patience lasts.
void PubBench::arm_patience(std::uint64_t progress) {
  if (progress == progress_) {
    end(core::fail(Errc::kDeadlineExceeded,
                   step_ == Step::kReport ? "all was published, but no report of its arrival came"
                                          : "the broker takes no more events"));
    return;
  }
  later_(options_.patience, [weak = weak_from_this(), seen = progress_] {
    const auto self = weak.lock();
    if (self && self->done_) {
      self->arm_patience(seen);
    }
  });
}

void PubBench::stop() {
  end(core::fail(Errc::kCancelled, "the bench was stopped"));
}

void PubBench::end(std::optional<core::Error> error) {
  Done done = std::move(done_);
  if (!done) {
    return;
  }
  result_.elapsed = clock_.now() - began_;
  result_.error = std::move(error);
  reports_.reset();
  if (counter_) {
    counter_->close();
  }
  done(result_);
}

}  // namespace runard::admin
