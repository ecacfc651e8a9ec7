#include "core/buffer.h"

#include <catch2/catch_test_macros.hpp>

using runard::core::as_bytes;
using runard::core::as_text;
using runard::core::Buffer;

TEST_CASE("copies of a buffer share its bytes") {
  const Buffer first = Buffer::copy(as_bytes("hello"));
  const Buffer second = first;
  CHECK(second.view().data() == first.view().data());
  CHECK(as_text(second.view()) == "hello");
}

TEST_CASE("wrapped memory is released once, when the last reference goes") {
  int released = 0;
  {
    Buffer first =
        Buffer::wrap(as_bytes("x"), [](void* user) { ++*static_cast<int*>(user); }, &released);
    const Buffer second = first;
    first = Buffer();
    CHECK(released == 0);
  }
  CHECK(released == 1);
}

TEST_CASE("a detached block keeps its reference until adopted") {
  int released = 0;
  Buffer first =
      Buffer::wrap(as_bytes("x"), [](void* user) { ++*static_cast<int*>(user); }, &released);
  Buffer::Block* block = first.detach();
  CHECK_FALSE(first);
  CHECK(released == 0);
  {
    const Buffer back = Buffer::adopt(block);
  }
  CHECK(released == 1);
}
