// Runs one service of a plugin file in the test host and makes one call:
//   sdk_host_run FILE TYPE PATH ENCODING PAYLOAD      ENCODING: json, text
// Prints the answer as JSON or text. 0: answered and nothing was done wrong; 1: not so; 2: usage.
#include <cstdio>
#include <runar/testing.hpp>

int main(int argc, char** argv) {
  using runar::testing::Body;
  if (argc != 6) {
    std::fprintf(stderr, "usage: sdk_host_run FILE TYPE PATH json|text PAYLOAD\n");
    return 2;
  }
  try {
    runar::testing::Host host;
    host.load(argv[1]);
    host.run(argv[2]);
    Body body = Body::json(argv[5]);
    body.encoding = std::string_view(argv[4]) == "text" ? RUNAR_ENC_TEXT : RUNAR_ENC_JSON;
    const auto reply = host.call(argv[3], body);
    std::printf("%s\n", reply.ok() ? reply.body.show().c_str() : reply.message.c_str());
    int code = reply.ok() ? 0 : 1;
    for (const std::string& problem : host.finish()) {
      std::fprintf(stderr, "%s\n", problem.c_str());
      code = 1;
    }
    return code;
  } catch (const runar::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
