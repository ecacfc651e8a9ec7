#include "config/quantity.h"

#include <catch2/catch_test_macros.hpp>

using namespace runard;
using namespace runard::config;
using namespace std::chrono_literals;

namespace {

template <class T>
std::string complaint_of(const Parsed<T>& parsed) {
  return parsed ? "none" : parsed.error().what + ", " + parsed.error().instead;
}

}  // namespace

TEST_CASE("durations are a whole number and a unit") {
  CHECK(*parse_duration("0s") == 0s);
  CHECK(*parse_duration("12ns") == 12ns);
  CHECK(*parse_duration("7us") == 7us);
  CHECK(*parse_duration("500ms") == 500ms);
  CHECK(*parse_duration("5s") == 5s);
  CHECK(*parse_duration("10m") == 10min);
  CHECK(*parse_duration("2h") == 2h);
  CHECK(*parse_duration("30d") == 720h);
}

TEST_CASE("what is no duration is named") {
  CHECK(complaint_of(parse_duration("5")) == "\"5\" has no unit, write 5s or 5ms");
  for (const std::string_view text : {"", "s", "-5s", "five", "+1s"}) {
    INFO(text);
    CHECK(complaint_of(parse_duration(text)) ==
          quoted(text) +
              " is not a duration, write a whole number and its unit, such as 500ms, 5s, 10m, 2h "
              "or 30d");
  }
  for (const std::string_view text : {"5 s", "1.5s", "5S", "5sec", "1h30m", "5s "}) {
    INFO(text);
    CHECK(complaint_of(parse_duration(text)) ==
          quoted(text) +
              " is not a duration, write a whole number and one of ns, us, ms, s, m, h, "
              "d");
  }
  CHECK(complaint_of(parse_duration("99999999999999999999d")) ==
        "\"99999999999999999999d\" is too large, write less");
  CHECK(complaint_of(parse_duration("106752d")) == "\"106752d\" is too large, write less");
  CHECK(parse_duration("106751d").has_value());
}

TEST_CASE("a duration is shown in the largest unit that fits") {
  CHECK(duration_text(0ns) == "0s");
  CHECK(duration_text(1500ms) == "1500ms");
  CHECK(duration_text(60s) == "1m");
  CHECK(duration_text(90s) == "90s");
  CHECK(duration_text(48h) == "2d");
  CHECK(duration_text(1ns) == "1ns");
}

TEST_CASE("sizes are bytes or have a unit") {
  CHECK(*parse_size("4096") == 4096);
  CHECK(*parse_size("10B") == 10);
  CHECK(*parse_size("256MiB") == 256 * 1024 * 1024);
  CHECK(*parse_size("1GiB") == 1ull << 30);
  CHECK(*parse_size("1MB") == 1'000'000);
  CHECK(*parse_size("2kB") == 2000);
  CHECK(*parse_size("2KB") == 2000);
  CHECK(*parse_size("3TiB") == 3ull << 40);
}

TEST_CASE("what is no size is named") {
  for (const std::string_view text : {"", "MiB", "4M", "4 MiB", "1.5GiB", "-1", "4mib"}) {
    INFO(text);
    CHECK(complaint_of(parse_size(text)) ==
          quoted(text) +
              " is not a size, write bytes, or a whole number and one of KiB, MiB, GiB, kB, MB, "
              "GB");
  }
  CHECK(complaint_of(parse_size("9999999999TiB")) == "\"9999999999TiB\" is too large, write less");
}

TEST_CASE("a size is shown in the largest binary unit that fits") {
  CHECK(size_text(0) == "0");
  CHECK(size_text(1000) == "1000");
  CHECK(size_text(4 << 20) == "4MiB");
  CHECK(size_text((1 << 20) + 1024) == "1025KiB");
}

TEST_CASE("addresses are split into host and port") {
  CHECK(*parse_address("10.0.0.5:8889", AddressUse::kDial) == HostPort{"10.0.0.5", 8889});
  CHECK(*parse_address("[::1]:1", AddressUse::kDial) == HostPort{"::1", 1});
  CHECK(*parse_address("node-b.example:65535", AddressUse::kDial) ==
        HostPort{"node-b.example", 65535});
  CHECK(*parse_address("[fe80::1%eth0]:8889", AddressUse::kDial) == HostPort{"fe80::1%eth0", 8889});
  CHECK(*parse_address("0.0.0.0:0", AddressUse::kListen) == HostPort{"0.0.0.0", 0});
  CHECK(*parse_address("224.0.0.1:8888", AddressUse::kMulticast) == HostPort{"224.0.0.1", 8888});
  CHECK(*parse_address("[ff02::1]:8888", AddressUse::kMulticast) == HostPort{"ff02::1", 8888});
}

TEST_CASE("an address is shown as it is written") {
  CHECK(HostPort{"10.0.0.5", 8889}.text() == "10.0.0.5:8889");
  CHECK(HostPort{"::", 8889}.text() == "[::]:8889");
}

TEST_CASE("what is no address is named") {
  const auto dial = [](std::string_view text) {
    return complaint_of(parse_address(text, AddressUse::kDial));
  };
  CHECK(dial("10.0.0.5") == "\"10.0.0.5\" has no port, write 10.0.0.5:8889");
  CHECK(dial("8889") == "\"8889\" has no address, write HOST:8889");
  CHECK(dial("::1") == "\"::1\" has no port, write [::1]:8889");
  CHECK(dial("[::1]") == "\"[::1]\" has no port, write [::1]:8889");
  CHECK(dial("::1:8889:zz") ==
        "\"::1:8889:zz\" is ambiguous, put an IPv6 address in brackets: "
        "[v6]:port");
  CHECK(dial("[::g]:1") == "\"[::g]:1\" is not an IPv6 address in brackets, write [v6]:port");
  CHECK(dial("a:0") == "\"0\" is not a port, write a number from 1 to 65535");
  CHECK(dial("a:65536") == "\"65536\" is not a port, write a number from 1 to 65535");
  CHECK(dial("a:http") == "\"http\" is not a port, write a number from 1 to 65535");
  CHECK(dial("a:") == "\"\" is not a port, write a number from 1 to 65535");
  for (const std::string_view host : {"", "300.1.1.1", "a..b", ".a", "-a", "a b", "*"}) {
    INFO(host);
    CHECK(dial(std::string(host) + ":1") ==
          quoted(host) +
              " is neither an IP address nor a host name, write host:port or "
              "[v6]:port");
  }
  for (const char* text :
       {"0.0.0.0:1", "[::]:1", "[0::0]:1", "[::ffff:0.0.0.0]:1", "224.0.0.1:1", "[ff02::1]:1"}) {
    CHECK(complaint_of(parse_address(text, AddressUse::kAdvertise))
              .find("is not the address of one node") != std::string::npos);
  }
  CHECK(parse_address("[::ffff:10.0.0.1]:1", AddressUse::kAdvertise).has_value());
  CHECK(complaint_of(parse_address("localhost:1", AddressUse::kListen)) ==
        "\"localhost:1\" does not begin with an IP address, write [::]:8889 for all addresses");
  CHECK(complaint_of(parse_address("10.0.0.1:1", AddressUse::kMulticast)) ==
        "\"10.0.0.1:1\" is not a multicast address, write 239.255.42.98:8888");
}
