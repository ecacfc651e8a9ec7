// links: enroll
// A token that parses is the one text that says so.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "enroll/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using runard::enroll::Token;
  const auto token = Token::parse(runard::core::as_text({data, size}));
  if (token) {
    const runard::crypto::SecretBytes text = token->text();
    const auto again = Token::parse(runard::core::as_text(text.view()));
    RUNARD_CHECK(again.has_value() && again->secret == token->secret && again->id == token->id &&
                 again->addresses == token->addresses && again->expires == token->expires);
  }
  return 0;
}
