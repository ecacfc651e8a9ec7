#include "config/tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

namespace runard::config {
namespace {

using core::Errc;
using Kind = Tree::Kind;

constexpr std::size_t kNodeBytes = 16;  // what an empty node weighs

Mark to_mark(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

// Turns yaml-cpp's events into a Tree. yaml-cpp recurses once a level, so a document that is too
// deep has to be stopped from here; only an exception of the library's own kind gets through it.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::optional<Mark> open_quote) : open_quote_(open_quote) {}

  TreePtr root() const { return root_; }
  std::vector<Fault>& faults() { return faults_; }
  bool stopped() const { return stopped_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      stop(mark, "a second document begins here", "keep one document a file");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    scalar(mark, anchor, "", false);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool is_quoted = tag == "!";
    check_tag(mark, tag);
    if (is_quoted && open_quote_ == to_mark(mark)) {
      // yaml-cpp takes the end of the file for the end of the quotes.
      stop(mark, "these quotes are never closed", "close them");
    }
    scalar(mark, anchor, value, is_quoted);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      stop(mark, "this alias stands inside its own anchor", "write the value out");
    }
    if (open_.size() + known->second->height > kMaxDepth) {
      stop_too_deep(mark);
    }
    weigh(mark, known->second->weight);
    place(known->second, to_mark(mark));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(Kind::kMapping, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::shared_ptr<Tree> tree;
    YAML::anchor_t anchor = 0;
    std::optional<Entry> key;  // a mapping's key that waits for its value
    std::unordered_map<std::string, Mark> keys;
  };

  [[noreturn]] void stop(const YAML::Mark& mark, std::string what, std::string instead) {
    fault(to_mark(mark), std::move(what), std::move(instead));
    stopped_ = true;
    throw YAML::ParserException(mark, "stopped");
  }
  [[noreturn]] void stop_too_deep(const YAML::Mark& mark) {
    stop(mark, fmt::format("nested deeper than {} levels", kMaxDepth), "write it flatter");
  }
  void fault(Mark mark, std::string what, std::string instead) {
    if (faults_.size() < kMaxProblems) {
      faults_.push_back({mark, {std::move(what), std::move(instead), Errc::kConfigSyntax}});
    }
  }
  void weigh(const YAML::Mark& mark, std::size_t bytes) {
    total_ += bytes;
    if (total_ > kMaxExpandedBytes) {
      stop(mark, fmt::format("aliases make this more than {} MiB", kMaxExpandedBytes >> 20),
           "use fewer aliases");
    }
  }
  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      fault(to_mark(mark), fmt::format("the tag {} is not used here", quoted(tag)),
            "leave it out; quotes make a value a string");
    }
  }

  void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& text,
              bool is_quoted) {
    auto tree = std::make_shared<Tree>();
    // What is left empty has no place of its own: yaml-cpp gives that of whatever comes next.
    const bool is_left_out = text.empty() && !is_quoted && !open_.empty() && open_.back().key;
    tree->mark = is_left_out ? open_.back().key->mark : to_mark(mark);
    tree->text = text;
    tree->quoted = is_quoted;
    tree->weight = kNodeBytes + text.size();
    weigh(mark, tree->weight);
    finish(std::move(tree), anchor);
  }
  void open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxDepth) {
      stop_too_deep(mark);
    }
    auto tree = std::make_shared<Tree>();
    tree->kind = kind;
    tree->mark = to_mark(mark);
    tree->weight = kNodeBytes;
    weigh(mark, kNodeBytes);
    open_.push_back({std::move(tree), anchor, std::nullopt, {}});
  }
  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    finish(std::move(done.tree), done.anchor);
  }
  void finish(std::shared_ptr<Tree> tree, YAML::anchor_t anchor) {
    const TreePtr shared = std::move(tree);
    if (anchor != 0) {
      anchors_[anchor] = shared;
    }
    place(shared, shared->mark);
  }

  void place(const TreePtr& tree, Mark mark) {
    if (open_.empty()) {
      root_ = tree;
      return;
    }
    Open& parent = open_.back();
    parent.tree->weight += tree->weight;
    parent.tree->height = std::max(parent.tree->height, tree->height + 1);
    if (parent.tree->kind == Kind::kList) {
      parent.tree->items.push_back(tree);
    } else if (!parent.key) {
      begin_entry(parent, *tree, mark);
    } else {
      parent.key->value = tree;
      parent.tree->entries.push_back(std::move(*parent.key));
      parent.key.reset();
    }
  }
  void begin_entry(Open& parent, const Tree& key, Mark mark) {
    parent.key = Entry{key.text, mark, nullptr};
    if (key.kind != Kind::kScalar || key.text.empty()) {
      fault(mark, "a key has to be a word", "write `key: value`");
    } else if (const auto [first, is_new] = parent.keys.emplace(key.text, mark); !is_new) {
      fault(mark,
            fmt::format("the key {} is here already, in line {}", quoted(key.text),
                        first->second.line),
            "keep one of them");
    }
  }

  const std::optional<Mark> open_quote_;
  TreePtr root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, TreePtr> anchors_;
  std::vector<Fault> faults_;
  std::size_t total_ = 0;
  int documents_ = 0;
  bool stopped_ = false;
};

// yaml-cpp says what it missed; people want to know what to type.
std::string hint(std::string_view message, std::string_view line) {
  if (line.find("${") != std::string_view::npos) {
    return "inside { } and [ ] write \"${NAME}\" in quotes";
  }
  constexpr std::pair<std::string_view, std::string_view> kHints[] = {
      {"end of map flow", "close the { and the quotes in it, and separate what it holds by commas"},
      {"end of sequence flow",
       "close the [ and the quotes in it, and separate what it holds by commas"},
      {"end of map", "align the keys of one mapping in one column"},
      {"end of sequence", "align the items of one list in one column"},
      {"illegal map value", "put a value that contains \": \" in quotes"},
      {"illegal EOF in scalar", "close the quotes"},
      {"escape", "use single quotes, or write \\\\ for a backslash"},
      {"anchor", "define the anchor before the alias"},
      {"character", "put the value in quotes"},
  };
  for (const auto& [part, advice] : kHints) {
    if (message.find(part) != std::string_view::npos) {
      return std::string(advice);
    }
  }
  return "check the indentation, quotes and brackets here";
}

void add_root_fault(ParsedTree& parsed) {
  const auto add = [&](Mark mark, std::string what, std::string instead) {
    parsed.faults.push_back({mark, {std::move(what), std::move(instead), Errc::kConfigSyntax}});
    parsed.root = nullptr;
  };
  if (!parsed.root || parsed.root->is_null()) {
    add({}, "holds no setting", "write at least `node: { name: NAME }`");
  } else if (parsed.root->kind != Kind::kMapping) {
    add(parsed.root->mark,
        fmt::format("the file has to be a mapping, not {}", kind_text(*parsed.root)),
        "write `key: value` lines");
  }
}

}  // namespace

const Entry* Tree::find(std::string_view key) const {
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [key](const Entry& entry) { return entry.key == key; });
  return at == entries.end() ? nullptr : &*at;
}

bool Tree::is_null() const {
  return kind == Kind::kScalar && !quoted &&
         (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

std::string_view kind_text(const Tree& tree) {
  switch (tree.kind) {
    case Kind::kList:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
    case Kind::kScalar:
      return "a value";
  }
  return "a value";
}

ParsedTree parse_tree(std::string_view text) {
  TextVerdict verdict = check_text(text);
  if (verdict.fault) {
    return {nullptr, {std::move(*verdict.fault)}};
  }
  TreeBuilder builder(verdict.open_quote);
  ParsedTree parsed;
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
    parsed = {builder.root(), std::move(builder.faults())};
    add_root_fault(parsed);
  } catch (const YAML::Exception& error) {
    parsed.faults = std::move(builder.faults());
    if (!builder.stopped()) {
      const Mark mark = to_mark(error.mark);
      parsed.faults.push_back({mark,
                               {"not valid YAML: " + error.msg,
                                hint(error.msg, line_of(text, mark.line)), Errc::kConfigSyntax}});
    }
  } catch (const std::exception& error) {
    parsed = {};
    parsed.faults.push_back({{},
                             {std::string("can't be parsed: ") + error.what(), "write it simpler",
                              Errc::kConfigSyntax}});
  }
  return parsed;
}

}  // namespace runard::config
