// runarctl label ls, label who-can: who may read private fields, as the running daemon sees it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <memory>

#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/table.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;

struct WhoOptions {
  std::string label;
  std::string network;
};

std::string joined(const json::value& list) {
  std::vector<std::string> texts;
  for (const json::value& item : list.as_array()) {
    texts.emplace_back(item.as_string());
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

int label_ls(Session& session) {
  const Answer answer = ask(session, "labels");
  if (!answer.result) {
    return answer.exit;
  }
  if (session.json()) {
    session.print("labels", *answer.result);
    return kExitOk;
  }
  Table table({"LABEL", "NETWORK", "NETWORKS", "PROFILES", "TYPES"});
  for (const json::value& row : answer.result->at("labels").as_array()) {
    table.row({text_of(row.as_object(), "label"), row.at("network").as_bool() ? "yes" : "no",
               joined(row.at("networks")), joined(row.at("profiles")), joined(row.at("types"))});
  }
  table.print(session.out);
  return kExitOk;
}

int label_who_can(Session& session, const WhoOptions& options) {
  const Answer answer =
      ask(session, "who_can", {{"label", options.label}, {"network", options.network}});
  if (!answer.result) {
    return answer.exit;
  }
  if (session.json()) {
    session.print("readers", *answer.result);
    return kExitOk;
  }
  Table table({"READER", "NAME", "ID", "KEY"});
  for (const json::value& row : answer.result->at("readers").as_array()) {
    const json::object& reader = row.as_object();
    table.row({text_of(reader, "kind"), text_of(reader, "name"), text_of(reader, "id"),
               reader.at("version").as_int64() == 0
                   ? "none known"
                   : fmt::format("version {}", reader.at("version").as_int64())});
  }
  table.print(session.out);
  return kExitOk;
}

}  // namespace

void add_label_commands(CLI::App& app, const CommandContext& context) {
  CLI::App& label = group(app, "label", "Labels of private fields");
  command(label,
          {"ls", "Lists the labels, who may read them and the types that use them",
           "runarctl label ls"},
          context, [](Session& session) { return label_ls(session); });
  const auto options = std::make_shared<WhoOptions>();
  CLI::App& made = command(
      label, {"who-can", "Lists who may read fields with a label", "runarctl label who-can system"},
      context, [options](Session& session) { return label_who_can(session, *options); });
  made.add_option("label", options->label, "The label")->required()->type_name(value_name::kLabel);
  made.add_option("--network", options->network, "The network; else the default one")
      ->type_name(value_name::kNetwork);
}

}  // namespace runard::ctl
