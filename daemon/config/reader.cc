#include "config/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/service_config.h"

namespace runard::config {
namespace {

using core::Errc;
using Kind = Tree::Kind;

}  // namespace

Reader::Reader(TreePtr root, const Sources& sources, FindSection find_section)
    : substitution_(sources), find_section_(std::move(find_section)) {
  push(std::move(root), "", false);
}

void Reader::finish() {
  report_unknown(frames_.front());
}

void Reader::find(std::string key, Mark mark, Complaint complaint) {
  if (findings_.size() < kMaxProblems) {
    findings_.push_back({mark, std::move(key), std::move(complaint)});
  }
}

Mark Reader::mark_of(std::string key) const {
  while (true) {
    if (const auto known = marks_.find(key); known != marks_.end()) {
      return known->second;
    }
    const std::size_t end = key.find_last_of(".[");
    if (end == std::string::npos) {
      return {};
    }
    key.resize(end);
  }
}

void Reader::push(TreePtr tree, std::string path, bool is_later) {
  marks_.emplace(path, tree->mark);
  frames_.push_back({std::move(tree), std::move(path), {}, is_later});
}

std::string Reader::path_of(std::string_view name) const {
  const std::string& path = frames_.back().path;
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

TreePtr Reader::take(const Key& key) {
  Frame& frame = frames_.back();
  frame.known.emplace_back(key.name);
  const Entry* entry = frame.tree->find(key.name);
  if (entry == nullptr) {
    if (key.need == Need::kRequired) {
      find(path_of(key.name), frame.tree->mark, {"is missing", fmt::format("add {}:", key.name)});
    }
    return nullptr;
  }
  marks_.emplace(path_of(key.name), entry->value->mark);
  return entry->value;
}

void Reader::complain(const std::string& path, const Tree& tree, Complaint complaint) {
  find(path, tree.mark, std::move(complaint));
}

void Reader::complain_kind(const std::string& path, const Tree& tree, const std::string& wanted) {
  if (tree.is_null()) {
    complain(path, tree, {"is empty", fmt::format("leave the key out, or write {}", wanted)});
  } else {
    complain(path, tree, {fmt::format("{} does not fit here", kind_text(tree)), "write " + wanted});
  }
}

bool Reader::refuse_later(const Key& key, const std::string& path, const Tree& tree,
                          const std::string& instead) {
  if (key.when == When::kNow || is_later()) {
    return false;
  }
  complain(path, tree, {"is not in this version", instead, Errc::kNotInThisVersion});
  return true;
}

std::optional<Scalar> Reader::scalar(const std::string& path, const Tree& tree,
                                     const std::string& wanted) {
  if (tree.kind != Kind::kScalar || tree.is_null()) {
    complain_kind(path, tree, wanted);
    return std::nullopt;
  }
  auto resolved = substitution_.resolve(tree, false);
  if (!resolved) {
    complain(path, tree, resolved.error());
    return std::nullopt;
  }
  return std::move(*resolved);
}

void Reader::value(const Key& key, Value& value) {
  const TreePtr tree = take(key);
  if (!tree) {
    return;
  }
  const std::string path = path_of(key.name);
  const auto given = scalar(path, *tree, "one value: " + value.type());
  if (!given) {
    return;
  }
  const std::string before = value.text();
  if (auto complaint = value.set(*given)) {
    complain(path, *tree, std::move(*complaint));
  } else if (value.text() != before) {
    refuse_later(key, path, *tree, fmt::format("write {} or leave the key out", before));
  }
}

bool Reader::fits_bound(const std::string& path, const Tree& tree, std::size_t size) {
  if (size <= kMaxItems) {
    return true;
  }
  complain(path, tree,
           {fmt::format("has {} items", size), fmt::format("write at most {}", kMaxItems)});
  return false;
}

void Reader::append_all(const Key& key, const Tree& tree, ValueList& list) {
  const std::string path = path_of(key.name);
  if (tree.kind != Kind::kList) {
    complain_kind(path, tree, fmt::format("a list: [{}]", list.type()));
    return;
  }
  if (!fits_bound(path, tree, tree.items.size())) {
    return;
  }
  list.clear();
  for (std::size_t i = 0; i < tree.items.size(); ++i) {
    const std::string item_path = fmt::format("{}[{}]", path, i);
    marks_.emplace(item_path, tree.items[i]->mark);
    const auto given = scalar(item_path, *tree.items[i], "one value: " + list.type());
    if (!given) {
      continue;
    }
    if (auto complaint = list.append(*given)) {
      complain(item_path, *tree.items[i], std::move(*complaint));
    }
  }
  if (!tree.items.empty()) {
    refuse_later(key, path, tree, "leave it out");
  }
}

void Reader::values(const Key& key, ValueList& list) {
  if (const TreePtr tree = take(key)) {
    append_all(key, *tree, list);
  }
}

void Reader::set_word(const std::string& path, const Tree& tree, Value& word, const Scalar& scalar,
                      std::string_view other_form) {
  if (auto complaint = word.set(scalar)) {
    if (complaint->code != Errc::kNotInThisVersion) {
      complaint->instead += other_form;
    }
    complain(path, tree, std::move(*complaint));
  }
}

void Reader::values_or(const Key& key, Value& word, ValueList& list, bool) {
  const TreePtr tree = take(key);
  if (!tree) {
    return;
  }
  const std::string path = path_of(key.name);
  const std::string wanted = fmt::format("{}, or a list: [{}]", word.type(), list.type());
  if (tree->kind == Kind::kList && !tree->items.empty()) {
    append_all(key, *tree, list);
  } else if (tree->kind == Kind::kScalar && !tree->is_null()) {
    if (const auto given = scalar(path, *tree, wanted)) {
      set_word(path, *tree, word, *given, fmt::format(", or a list: [{}]", list.type()));
    }
  } else {
    complain(path, *tree, {"is empty", "write " + wanted});
  }
}

void Reader::free_form(const Key& key, ServiceConfig& config) {
  const TreePtr tree = take(key);
  if (!tree) {
    return;
  }
  const std::string path = path_of(key.name);
  if (tree->kind != Kind::kMapping) {
    complain_kind(path, *tree, "a mapping");
    return;
  }
  const auto report = [&](const std::string& at, Mark mark, Complaint complaint) {
    find(path + at, mark, std::move(complaint));
  };
  config = to_service_config(*tree, substitution_, report);
}

bool Reader::begin_section(const Key& key) {
  const TreePtr tree = take(key);
  if (!tree) {
    return false;
  }
  const std::string path = path_of(key.name);
  if (tree->kind == Kind::kMapping) {
    push(tree, path, is_later() || refuse_later(key, path, *tree, "leave it out"));
    return true;
  }
  if (tree->kind == Kind::kList && !key.list_key.empty()) {
    auto wrapped = std::make_shared<Tree>();
    wrapped->kind = Kind::kMapping;
    wrapped->mark = tree->mark;
    wrapped->entries.push_back({std::string(key.list_key), tree->mark, tree});
    push(std::move(wrapped), path, is_later());
    return true;
  }
  complain_kind(path, *tree, "a mapping");
  return false;
}

bool Reader::begin_section_or(const Key& key, Value& word, bool) {
  const TreePtr tree = take(key);
  if (!tree) {
    return false;
  }
  const std::string path = path_of(key.name);
  if (tree->kind == Kind::kMapping) {
    push(tree, path, is_later() || refuse_later(key, path, *tree, "write " + word.text()));
    return true;
  }
  const std::string wanted = fmt::format("{}, or a mapping", word.type());
  if (const auto given = scalar(path, *tree, wanted)) {
    set_word(path, *tree, word, *given, key.when == When::kNow ? ", or a mapping" : "");
  }
  return false;
}

void Reader::end_section() {
  report_unknown(frames_.back());
  frames_.pop_back();
}

std::size_t Reader::begin_list(const Key& key, std::size_t) {
  TreePtr tree = take(key);
  const std::string path = path_of(key.name);
  if (tree && tree->kind != Kind::kList) {
    complain_kind(path, *tree, "a list");
    tree = nullptr;
  } else if (tree && tree->items.empty() && key.need == Need::kRequired) {
    complain(path, *tree, {"is empty", "name at least one"});
  }
  if (!tree || !fits_bound(path, *tree, tree->items.size())) {
    tree = std::make_shared<Tree>();
  }
  const bool later =
      is_later() || (!tree->items.empty() && refuse_later(key, path, *tree, "leave it out"));
  frames_.push_back({tree, path, {}, later});
  return tree->items.size();
}

bool Reader::begin_item(std::size_t index) {
  const TreePtr item = frames_.back().tree->items[index];
  std::string path = fmt::format("{}[{}]", frames_.back().path, index);
  if (item->kind != Kind::kMapping) {
    complain_kind(path, *item, "a mapping");
    return false;
  }
  push(item, std::move(path), is_later());
  return true;
}

std::vector<std::string> Reader::begin_map(const Key& key, const std::vector<std::string>&,
                                           const TextRule& rule) {
  TreePtr tree = take(key);
  const std::string path = path_of(key.name);
  if (tree && tree->kind != Kind::kMapping) {
    complain_kind(path, *tree, "a mapping");
    tree = nullptr;
  }
  if (!tree || !fits_bound(path, *tree, tree->entries.size())) {
    tree = std::make_shared<Tree>();
  }
  const bool later =
      is_later() || (!tree->entries.empty() && refuse_later(key, path, *tree, "leave it out"));
  std::vector<std::string> names;
  std::vector<std::string> bad;
  for (const Entry& entry : tree->entries) {
    if (auto complaint = rule.check(entry.key)) {
      find(fmt::format("{}.{}", path, entry.key), entry.mark, std::move(*complaint));
      bad.push_back(entry.key);
    } else {
      names.push_back(entry.key);
    }
  }
  frames_.push_back({tree, path, std::move(bad), later});
  return names;
}

void Reader::report_unknown(const Frame& frame) {
  for (const Entry& entry : frame.tree->entries) {
    const bool is_known =
        std::find(frame.known.begin(), frame.known.end(), entry.key) != frame.known.end();
    if (is_known || entry.key.empty()) {
      continue;
    }
    if (findings_.size() >= kMaxProblems) {
      return;
    }
    std::string instead = "the keys here are " + any_of(frame.known);
    const auto elsewhere = find_section_(entry.key);
    if (entry.key == "<<") {
      instead = "write the keys out: merging is not supported";
    } else if (const auto meant = nearest(entry.key, frame.known)) {
      instead = fmt::format("did you mean {}?", *meant);
    } else if (elsewhere) {
      instead = *elsewhere;
    }
    const std::string path =
        frame.path.empty() ? entry.key : fmt::format("{}.{}", frame.path, entry.key);
    find(path, entry.mark, {"unknown key", std::move(instead)});
  }
}

}  // namespace runard::config
