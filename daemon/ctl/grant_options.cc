#include "ctl/grant_options.h"

#include "ctl/command.h"

namespace runard::ctl {

void add_grant(CLI::App& made, Grant& grant) {
  made.add_option("--network", grant.networks, "A network to make it a member of; repeatable")
      ->required()
      ->allow_extra_args(false)
      ->type_name(value_name::kNetwork);
  made.add_option("--group", grant.groups,
                  "A group to put it into, for the rules of authorization; repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME");
  made.add_option("--label", grant.labels,
                  "A label to give the node, for the rules of authorization; repeatable")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
}

}  // namespace runard::ctl
