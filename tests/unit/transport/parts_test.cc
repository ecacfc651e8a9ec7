// The small parts of the transport: timers, tables, queues, dials.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <thread>

#include "transport/dialer.h"
#include "transport/lane_outbox.h"
#include "transport/send_queue.h"
#include "transport/timer_heap.h"

using namespace runard;
using namespace std::chrono_literals;
using namespace runard::transport;
using core::Bytes;
using core::TimePoint;

TEST_CASE("the timer heap gives the earliest deadline, whatever was set before") {
  TimerHeap heap;
  std::mt19937 random(1);
  std::vector<TimePoint> want(50, core::kNever);
  for (int step = 0; step < 5000; ++step) {
    const auto owner = static_cast<TimerHeap::Owner>(random() % want.size());
    const bool none = random() % 4 == 0;
    const TimePoint at =
        none ? core::kNever : TimePoint(std::chrono::milliseconds(random() % 1000));
    heap.set(owner, at);
    want[owner] = at;
    const TimePoint first = *std::min_element(want.begin(), want.end());
    REQUIRE(heap.next() == first);
    if (first != core::kNever) {
      REQUIRE(want[heap.next_owner()] == first);
    }
  }
  for (TimerHeap::Owner owner = 0; owner < want.size(); ++owner) {
    heap.remove(owner);
  }
  CHECK(heap.next() == core::kNever);
}

TEST_CASE("a send queue keeps what is not acknowledged") {
  SendQueue queue;
  queue.push(Bytes(10, 'a'));
  queue.push({});
  queue.push(Bytes(5, 'b'));
  SendParts parts;
  queue.add_unsent(parts);
  CHECK(parts.bytes == 15);
  CHECK(parts.count == 2);
  queue.sent(12);
  SendParts rest;
  queue.add_unsent(rest);
  CHECK(rest.bytes == 3);
  CHECK(queue.acked(9) == 0);
  CHECK(queue.acked(12) == 10);
  CHECK(queue.size() == 5);
  queue.sent(3);
  CHECK(queue.acked(15) == 5);
  CHECK(queue.size() == 0);
  CHECK(queue.spare().capacity() >= 5);
}

TEST_CASE("a dialer tries addresses one after the other and at once after a failure") {
  Dialer dialer;
  const TimePoint start(1s);
  const auto address = [](int port) { return Address::any_v4(static_cast<std::uint16_t>(port)); };
  dialer.add(7, {address(1), address(2), address(3)}, std::nullopt, start);
  auto attempt = dialer.due(start);
  REQUIRE(attempt.has_value());
  CHECK(attempt->address == address(1));
  dialer.started(7, 100);
  CHECK_FALSE(dialer.due(start).has_value());
  CHECK(dialer.expiry() == start + Dialer::kStagger);

  CHECK_FALSE(dialer.failed(7, 100, {}, start + 1ms).has_value());
  attempt = dialer.due(start + 1ms);
  REQUIRE(attempt.has_value());
  CHECK(attempt->address == address(2));
  dialer.started(7, 101);
  attempt = dialer.due(start + 1ms + Dialer::kStagger);
  REQUIRE(attempt.has_value());
  dialer.started(7, 102);
  CHECK(dialer.expiry() == core::kNever);
  CHECK(dialer.dial_of(102) == 7);

  const auto ended = dialer.succeeded(102);
  REQUIRE(ended.has_value());
  CHECK(ended->dial == 7);
  CHECK(ended->abandoned == std::vector<LinkId>{101});
  CHECK(dialer.size() == 0);
}

TEST_CASE("a dial fails with its last attempt") {
  Dialer dialer;
  const TimePoint start(1s);
  dialer.add(7, {Address::any_v4(1)}, std::nullopt, start);
  REQUIRE(dialer.due(start).has_value());
  dialer.started(7, 100);
  const auto ended = dialer.failed(7, 100, core::fail(core::Errc::kHandshakeFailed, "x"), start);
  REQUIRE(ended.has_value());
  CHECK(ended->why.about == "x");
  CHECK_FALSE(dialer.failed(7, 100, {}, start).has_value());
  CHECK(dialer.size() == 0);
}

TEST_CASE("a lane takes events until it is full, and again when they are acknowledged") {
  Mailbox mailbox;
  const auto lane = std::make_shared<LaneOutbox>(1, 0, 1000);
  OutgoingEvent event;
  event.header.topic = "t";
  const Bytes payload(300, 'p');
  event.payload = payload;
  int taken = 0;
  while (lane->publish(mailbox, event)) {
    ++taken;
  }
  CHECK(taken == 2);
  CHECK(lane->publish(mailbox, event).error().code == core::Errc::kBackpressure);
  Letter* letter = mailbox.take();
  REQUIRE(letter == lane.get());
  CHECK(letter->next == nullptr);  // one letter for all
  const Bytes events = lane->take({});
  CHECK(events.size() == lane->held());
  lane->acknowledged(events.size());
  CHECK(lane->publish(mailbox, event).has_value());
  lane->close();
  CHECK(lane->publish(mailbox, event).error().code == core::Errc::kLinkLost);
  REQUIRE(mailbox.take() != nullptr);
  lane->take({});
}

TEST_CASE("letters of many threads arrive all, each thread's in order, and wake a sleeper") {
  struct Numbered : Letter {
    Numbered() : Letter(Kind::kCall) {}
    int thread = 0;
    int number = 0;
  };
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  Mailbox mailbox;
  std::atomic<int> wakes{0};
  mailbox.set_wake([&] { ++wakes; });
  std::vector<std::unique_ptr<Numbered[]>> letters;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    letters.push_back(std::make_unique<Numbered[]>(kEach));
  }
  CHECK(mailbox.may_sleep());
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        Numbered& letter = letters[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)];
        letter.thread = t;
        letter.number = i;
        mailbox.push(letter);
      }
    });
  }
  int next[kThreads] = {};
  int got = 0;
  while (got < kThreads * kEach) {
    for (Letter* at = mailbox.take(); at != nullptr;) {
      auto* letter = static_cast<Numbered*>(at);
      at = at->next;
      REQUIRE(letter->number == next[letter->thread]);
      ++next[letter->thread];
      ++got;
    }
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wakes >= 1);
  CHECK(mailbox.may_sleep());
  mailbox.post([] {});
  CHECK_FALSE(mailbox.may_sleep());
  CHECK(mailbox.tasks().size() == 1);
}
