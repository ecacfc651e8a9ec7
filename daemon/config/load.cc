#include "config/load.h"

#include <fmt/format.h>

#include <map>

#include "config/explain.h"
#include "config/reader.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/tree.h"

namespace runard::config {
namespace {

using core::Errc;

Problem to_problem(std::string_view text, const std::string& file, const Mark& mark,
                   std::string key, Complaint complaint) {
  return {file,
          column_in_characters(text, mark),
          std::move(key),
          std::move(complaint.what),
          std::move(complaint.instead),
          complaint.code};
}

// Problems by their place; those of one place stay in the order in which they were found.
using Problems = std::multimap<Mark, Problem>;

Loaded failed(Problems problems) {
  Loaded loaded;
  for (auto& [mark, problem] : problems) {
    if (loaded.problems.size() < kMaxProblems) {
      loaded.problems.push_back(std::move(problem));
    }
  }
  return loaded;
}

}  // namespace

Loaded load_text(std::string_view text, const std::string& file, const Sources& sources) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const ParsedTree parsed = parse_tree(text);
  Problems problems;
  const auto add = [&](const Mark& mark, const std::string& key, const Complaint& complaint) {
    problems.emplace(mark, to_problem(text, file, mark, key, complaint));
  };
  for (const Fault& fault : parsed.faults) {
    add(fault.mark, "", fault.complaint);
  }
  if (!parsed.root) {
    return failed(std::move(problems));
  }

  Config config;
  Reader reader(parsed.root, sources, where_it_belongs);
  describe(reader, config);
  reader.finish();
  complete_and_check(config, [&reader](const std::string& key, Complaint complaint) {
    reader.find(key, reader.mark_of(key), std::move(complaint));
  });
  for (const Finding& finding : reader.findings()) {
    add(finding.mark, finding.key, finding.complaint);
  }
  if (!problems.empty()) {
    return failed(std::move(problems));
  }
  return {std::move(config), {}};
}

Loaded load(const std::string& path, Env env) {
  auto text = read_file(path, kMaxFileBytes);
  if (!text) {
    const bool is_large = text.error().code == Errc::kTooLarge;
    Problem problem{path,
                    {},
                    "",
                    "can't be read: " + text.error().about,
                    "check the path and its permissions",
                    Errc::kConfigUnreadable};
    if (is_large) {
      problem.what = fmt::format("is larger than {} KiB", kMaxFileBytes / 1024);
      problem.instead = "split what it configures over several nodes";
      problem.code = Errc::kConfigSyntax;
    }
    return {std::nullopt, {std::move(problem)}};
  }
  return load_text(*text, path, Sources{std::move(env), read_file});
}

}  // namespace runard::config
