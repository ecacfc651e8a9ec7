// Reader: the visitor that fills a Config from a Tree and collects what is wrong with it.
//
// It goes on after a problem, so that all of a file's are found. Whoever looks at the Config later
// learns from mark_of() where a key stands.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/scalar.h"
#include "config/visitor.h"

namespace runard::config {

// A bound for every list and mapping of names.
inline constexpr std::size_t kMaxItems = 1024;

// Where a problem is, in bytes, and at which key.
struct Finding {
  Mark mark;
  std::string key;
  Complaint complaint;
};

// Where else a key of that name may stand: "limits", or nothing.
using FindSection = std::function<std::optional<std::string>(std::string_view name)>;

class Reader final : public Visitor {
 public:
  // root is a mapping.
  Reader(TreePtr root, const Sources& sources, FindSection find_section);

  // Once, after the visit: what nobody asked for is unknown.
  void finish();

  const std::vector<Finding>& findings() const { return findings_; }
  void find(std::string key, Mark mark, Complaint complaint);
  // Of the key's value, or of the nearest mapping around it. "" is the file.
  Mark mark_of(std::string key) const;

  void value(const Key& key, Value& value) override;
  void values(const Key& key, ValueList& list) override;
  void values_or(const Key& key, Value& word, ValueList& list, bool is_set) override;
  void free_form(const Key& key, ServiceConfig& config) override;
  bool begin_section(const Key& key) override;
  bool begin_section_or(const Key& key, Value& word, bool is_set) override;
  void end_section() override;
  std::size_t begin_list(const Key& key, std::size_t size) override;
  bool begin_item(std::size_t index) override;
  void end_item() override { end_section(); }
  void end_list() override { frames_.pop_back(); }
  std::vector<std::string> begin_map(const Key& key, const std::vector<std::string>& names,
                                     const TextRule& rule) override;
  void end_map() override { end_section(); }

 private:
  // A mapping or list that is being visited.
  struct Frame {
    TreePtr tree;
    std::string path;
    std::vector<std::string> known;  // the keys that were asked for
    bool is_later = false;           // reported as not in this version
  };

  void push(TreePtr tree, std::string path, bool is_later);
  // The key's value; null when it is not there. Remembers that the key exists.
  TreePtr take(const Key& key);
  std::string path_of(std::string_view name) const;
  bool is_later() const { return frames_.back().is_later; }

  void complain(const std::string& path, const Tree& tree, Complaint complaint);
  void complain_kind(const std::string& path, const Tree& tree, const std::string& wanted);
  // True when it was reported here and now.
  bool refuse_later(const Key& key, const std::string& path, const Tree& tree,
                    const std::string& instead);
  // The scalar that stands there, or nothing and a finding.
  std::optional<Scalar> scalar(const std::string& path, const Tree& tree,
                               const std::string& wanted);
  void set_word(const std::string& path, const Tree& tree, Value& word, const Scalar& scalar,
                std::string_view other_form);
  void append_all(const Key& key, const Tree& tree, ValueList& list);
  bool fits_bound(const std::string& path, const Tree& tree, std::size_t size);
  void report_unknown(const Frame& frame);

  Substitution substitution_;
  FindSection find_section_;
  std::vector<Frame> frames_;
  std::map<std::string, Mark, std::less<>> marks_;
  std::vector<Finding> findings_;
};

}  // namespace runard::config
