// Context: what a Lifecycle, a Request and an Event have in common: they can call, publish and log.
#pragma once

#include <runar/call.hpp>
#include <runar/log.hpp>

namespace runar {

// What actions without input or output are called with.
struct Nothing {};
template <>
struct Codec<Nothing> {
  static void write(cbor::Writer& writer, Nothing) { writer.null(); }
  static bool read(Decoder& from, Nothing&) {
    from.reader().skip();
    return from.reader().ok();
  }
  static void schema(std::string& out) { out += "true"; }
};

class Context {
 public:
  // auto user = co_await rq.call<User>("users/42/profile"); throws Error. From a Request, the call
  // inherits its deadline, trace and cancellation.
  template <class Out, class In = Nothing>
  Call<Out> call(std::string_view path, In&& in = {}, const CallOptions& options = {}) const {
    static_assert(detail::kSafeToAwaitWith<In&&>,
                  "g++ 12 destroys this temporary twice: give the value a name first");
    return Call<Out>(CallFrom{ctx_, request_}, path, in, options);
  }
  template <class In = Nothing>
  Publication publish(std::string_view topic, In&& in = {},
                      const PublishOptions& options = {}) const {
    static_assert(detail::kSafeToAwaitWith<In&&>,
                  "g++ 12 destroys this temporary twice: give the value a name first");
    return Publication(ctx_, topic, in, options);
  }

  runar_ctx* context() const { return ctx_; }
  runar_id request_id() const { return request_; }

 protected:
  Context(runar_ctx* ctx, runar_id request) : ctx_(ctx), request_(request) {}
  ~Context() = default;
  Context(const Context&) = default;
  Context& operator=(const Context&) = default;

 private:
  runar_ctx* ctx_;
  runar_id request_;
};

}  // namespace runar
