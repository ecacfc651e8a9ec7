// links: enroll
// Both sides of an enrolment, fed with whatever a peer may say: the first byte chooses the message.
// A desk that was shown no secret orders no signature.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "enroll/applicant.h"
#include "enroll/desk.h"

namespace {

using namespace runard;

class Port final : public enroll::DeskPort {
 public:
  void send(enroll::GuestId, enroll::Message, core::Bytes) override {}
  void close(enroll::GuestId, bool) override {}
  void keep(enroll::GuestId, core::Duration) override {}
  void look_up(enroll::GuestId, const enroll::TokenId&) override { ++asked; }
  void redeem(enroll::GuestId, const enroll::TokenId&, const std::string&, bool) override {
    RUNARD_CHECK(false);
  }
  int asked = 0;
};

void play_desk(core::ByteView input) {
  const core::SystemClock clock;
  Port port;
  enroll::Desk desk(port, clock, core::Log());
  desk.came(1, "", core::Bytes(32, 1));
  while (input.size() > 2) {
    const std::uint64_t type = input[0];
    const std::size_t size = std::min<std::size_t>(input[1], input.size() - 2);
    desk.said(1, type, input.subspan(2, size));
    if (port.asked > 0) {
      enroll::TokenRecord record;
      record.secret_hash.fill(7);
      desk.looked_up(1, record);
    }
    input = input.subspan(2 + size);
  }
  desk.left(1);
}

void play_applicant(core::ByteView input) {
  core::SeededRandom random(1);
  const enroll::Token token = enroll::Token::create(random);
  enroll::Applicant applicant(token, "request", core::Bytes(32, 1));
  if (!input.empty()) {
    static_cast<void>(applicant.take(input[0], input.subspan(1)));
    RUNARD_CHECK(!applicant.bundle());  // nobody proved to know the token
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  play_desk({data, size});
  play_applicant({data, size});
  static_cast<void>(enroll::decode_renewal({data, size}));
  static_cast<void>(enroll::decode_request({data, size}));
  return 0;
}
