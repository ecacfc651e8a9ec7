// What one thread sees of the stack of another.
#include "plugin_host/thread_context.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using plugin_host::Frame;
using plugin_host::ThreadContext;

TEST_CASE("a stack is seen as it is, or not at all once the thread has moved") {
  ThreadContext thread;
  ThreadContext::Frames room;
  CHECK(thread.frames_at(thread.sequence(), room).empty());
  CHECK(thread.top().request == 0);

  thread.push({nullptr, nullptr, "handler", 1});
  thread.push({nullptr, nullptr, "reply", 2});
  const std::uint64_t seen = thread.sequence();
  const auto frames = thread.frames_at(seen, room);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].request == 1);
  CHECK(std::string_view(frames[1].what) == "reply");
  CHECK(thread.top().request == 2);

  thread.pop();
  CHECK(thread.frames_at(seen, room).empty());  // it returned after the look
  thread.push({nullptr, nullptr, "reply", 3});
  CHECK(thread.frames_at(seen, room).empty());  // and is inside of something else
  thread.pop();
  thread.pop();
  CHECK(thread.frames_at(seen, room).empty());
}
