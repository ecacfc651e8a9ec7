// What a handler gets of the path that its request came by.
#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;

TEST_CASE("captured parameters are percent-decoded, the path is not") {
  Service service("users");
  std::string seen;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    for (std::size_t i = 0; i < r->param_count; ++i) {
      seen += text(r->params[i].key) + "=" + text(r->params[i].value) + " ";
    }
    seen += text(r->path);
    service.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  const rpc::Pair params[] = {{"id", "a%2Fb"}, {"plain", "x"}, {"more", "%25%2A"}, {"odd", "5%"}};
  rpc::Request request;
  request.network = "main";
  request.path = "users/get";
  request.params = params;
  request.deadline = world.clock.now() + 10s;
  Asker asker;
  world.dispatcher.call(request, {&asker, {}});
  CHECK(asker.wait().code == Errc{});
  CHECK(seen == "id=a/b plain=x more=%* odd=5% users/get");
}
