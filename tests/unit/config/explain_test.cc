#include "config/explain.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <set>

#include "config/tree.h"
#include "loading.h"

using namespace runard;
using namespace runard::config;

namespace {

// Takes the # away from what is not words: "#key:" and "#  key:", but not "# text".
std::string with_all_settings(const std::string& yaml) {
  return std::regex_replace(yaml, std::regex("(^|\n)( *)#(?=[^ \n]|  )"), "$1$2");
}

// Every key of the document as a path of the table.
void collect_paths(const Tree& tree, const std::string& path, std::set<std::string>& paths) {
  static const std::set<std::string> kNamed{"logging.levels", "encryption.labels",
                                            "authorization.labels", "balancing.services"};
  for (const Entry& entry : tree.entries) {
    const std::string name = kNamed.contains(path) ? std::string(kAnyName) : entry.key;
    const std::string inner = path.empty() ? name : path + "." + name;
    paths.insert(inner);
    if (!inner.ends_with(".config")) {
      collect_paths(*entry.value, inner, paths);
    }
  }
  for (const TreePtr& item : tree.items) {
    collect_paths(*item, path + "[]", paths);
  }
}

// The words of all comments, with single spaces.
std::string comments_of(const std::string& yaml) {
  std::string out = " ";
  const std::regex comment("^[ #]*# ?(.*)$");
  std::istringstream lines(yaml);
  for (std::string line; std::getline(lines, line);) {
    if (std::smatch match; std::regex_match(line, match, comment)) {
      out += match[1].str() + " ";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("every key has a meaning, and no key stands twice") {
  std::set<std::string> paths;
  for (const KeyRow& row : key_table()) {
    INFO(row.path);
    CHECK(paths.insert(row.path).second);
    CHECK(row.meaning.ends_with('.'));
    CHECK_FALSE(row.type.empty());
  }
  CHECK(paths.size() > 80);
}

TEST_CASE("config/runard.yaml passes the check") {
  CHECK(lines_of(load_text(project_file("runard.yaml"), "runard.yaml", {})) == Lines{});
}

TEST_CASE("config/local.yaml is a local-only node") {
  const Loaded loaded = load_text(project_file("local.yaml"), "local.yaml", {});
  REQUIRE(lines_of(loaded) == Lines{});
  CHECK(loaded.config->local_only());
}

TEST_CASE("config/runard.yaml holds every key that there is, and no other") {
  const ParsedTree parsed = parse_tree(with_all_settings(project_file("runard.yaml")));
  REQUIRE(parsed.root);
  std::set<std::string> in_file;
  collect_paths(*parsed.root, "", in_file);
  std::set<std::string> in_table;
  for (const KeyRow& row : key_table()) {
    in_table.insert(row.path);
  }
  for (const std::string& path : in_table) {
    INFO(path);
    CHECK(in_file.contains(path));
  }
  for (const std::string& path : in_file) {
    INFO(path);
    CHECK(in_table.contains(path));
  }
}

TEST_CASE("config/runard.yaml explains every key in the words of the table") {
  const std::string comments = comments_of(project_file("runard.yaml"));
  for (const KeyRow& row : key_table()) {
    INFO(row.path);
    CHECK(comments.find(row.meaning.substr(0, row.meaning.size() - 1)) != std::string::npos);
  }
}

TEST_CASE("config/runard.yaml is all defaults where there are any") {
  Config config = *load_text(project_file("runard.yaml"), "runard.yaml", {}).config;
  REQUIRE(config.plugins.load.size() == 1);
  Service service = config.plugins.load[0].services[0];
  CHECK(service.init_timeout == Service{}.init_timeout);
  CHECK(service.backoff == Backoff{});
  CHECK(config.plugins.load[0].limits == PluginLimits{});
  config.node.name.clear();
  config.plugins.load.clear();
  Config expected = *load_yaml("transport: {}\ndiscovery: {}").config;
  CHECK(config == expected);
}

TEST_CASE("config/runard.schema.json is the schema of this version") {
  INFO("to write it anew: test_config '[update]'");
  CHECK((project_file("runard.schema.json") == schema_json()));
}

TEST_CASE("the schema is written anew", "[.update]") {
  std::ofstream(project_path("runard.schema.json")) << schema_json();
}

TEST_CASE("a key is explained by its path, with indices and names or without") {
  CHECK(explain("request_timeout")->default_text == "5s");
  CHECK(explain("request_timeout")->type == "duration, 1ms to 1d");
  CHECK(explain("plugins.load[0].services[12].path")->path == "plugins.load[].services[].path");
  CHECK(explain("plugins.load[].services[].path")->is_required);
  CHECK(explain("logging.levels.mesh")->path == "logging.levels.NAME");
  CHECK(explain("balancing.services.billing/eu.v2")->path == "balancing.services.NAME");
  CHECK(explain("encryption.labels.user.network")->path == "encryption.labels.NAME.network");
  CHECK(explain("encryption.labels.user")->path == "encryption.labels.NAME");
  CHECK_FALSE(explain("plugins.lod"));
  CHECK_FALSE(explain("logging.levels."));
}

TEST_CASE("keys of later versions are marked, with all that is below them") {
  CHECK(explain("journal")->is_later);
  CHECK(explain("journal.quota")->is_later);
  CHECK(explain("metrics.listen")->is_later);
  CHECK_FALSE(explain("metrics")->is_later);
  CHECK_FALSE(explain("request_timeout")->is_later);
}
