// profiles: one profile a user. Mounted at "users" it offers
//   users/{user_id}/profile          reads it; application error 1 when there is none
//   users/{user_id}/profile/set      writes it whole and answers with what is stored
//   users/{user_id}/profile/remove   true when there was one
// and publishes users/{user_id}/profile/changed. With a data_dir the profiles survive restarts.
#include "store.hpp"

namespace {

using profiles::Changed;
using profiles::Profile;
using profiles::Store;

constexpr int kNoProfile = 1;  // application error, part of the service's contract

class Profiles : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    for (const std::string& problem : store_.open(lc.data_dir())) {
      runar::log_error(lc, "a file that is no profile was put aside: {}", problem);
    }
    runar::log_info(lc, "{} profiles", store_.size());

    lc.action<void, Profile>(
        "{user_id}/profile", [this](const runar::Request& rq) { return read(rq); },
        {.summary = "the user's profile; application error 1 when there is none",
         .idempotent = true});
    lc.action<Profile, Profile>(
        "{user_id}/profile/set",
        [this, &lc](Profile in, const runar::Request& rq) { return write(lc, std::move(in), rq); },
        {.summary = "writes the whole profile", .idempotent = true});
    lc.action<void, bool>(
        "{user_id}/profile/remove",
        [this, &lc](const runar::Request& rq) { return remove(lc, rq); },
        {.summary = "forgets the user; false when there was nothing", .idempotent = true});
  }

 private:
  Profile read(const runar::Request& rq) const {
    const std::string_view user_id = rq.param("user_id");
    const Profile* found = store_.find(user_id);
    if (found == nullptr) {
      throw runar::app_error(kNoProfile, "no profile of user " + std::string(user_id));
    }
    return *found;
  }

  Profile write(const runar::Lifecycle& lc, Profile in, const runar::Request& rq) {
    const std::string user_id(rq.param("user_id"));
    store_.put(user_id, in);
    tell(lc, rq, {user_id, false});
    return in;
  }

  bool remove(const runar::Lifecycle& lc, const runar::Request& rq) {
    const std::string user_id(rq.param("user_id"));
    const bool removed = store_.remove(user_id);
    if (removed) {
      tell(lc, rq, {user_id, true});
    }
    return removed;
  }

  static void tell(const runar::Lifecycle& lc, const runar::Request& rq, const Changed& changed) {
    rq.publish(lc.path() + "/" + runar::percent_encode(changed.user_id) + "/profile/changed",
               changed);
  }

  Store store_;
};

}  // namespace

RUNAR_PLUGIN("profiles", "1.0.0",
             runar::service<Profiles>("profiles").summary("profiles of users"));
