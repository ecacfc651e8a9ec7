// Visitor: something that passes through a whole Config, key by key: the reader that fills it from
// a file, the writer that shows it, the collector of the table of keys.
//
// describe() in schema.h says once what there is; every visitor sees it from there, so what is
// read, shown, explained and checked can't differ. A visitor may change the Config it is given.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/value.h"

namespace runard::config {

enum class Need : std::uint8_t { kOptional, kRequired };

struct Key {
  std::string_view name;
  std::string_view meaning;  // a sentence or two
  When when = When::kNow;    // kLater: only the default works in this version
  Need need = Need::kOptional;
  std::string_view list_key = {};  // a section that may be a bare list: the key the list is of
};

class Visitor {
 public:
  virtual ~Visitor() = default;

  virtual void value(const Key& key, Value& value) = 0;
  virtual void values(const Key& key, ValueList& list) = 0;
  // A word for an unset list, or the list.
  virtual void values_or(const Key& key, Value& word, ValueList& list, bool is_set) = 0;
  // Free-form settings, as JSON.
  virtual void free_form(const Key& key, ServiceConfig& config) = 0;

  // True: the section is to be described, then end_section() called.
  virtual bool begin_section(const Key& key) = 0;
  // The same for what may be a word instead. is_set: it is a section now.
  virtual bool begin_section_or(const Key& key, Value& word, bool is_set) = 0;
  virtual void end_section() = 0;

  // How many items the list has; each is begun and ended.
  virtual std::size_t begin_list(const Key& key, std::size_t size) = 0;
  virtual bool begin_item(std::size_t index) = 0;
  virtual void end_item() = 0;
  virtual void end_list() = 0;

  // The names that the mapping has; each is then visited as a key.
  virtual std::vector<std::string> begin_map(const Key& key, const std::vector<std::string>& names,
                                             const TextRule& rule) = 0;
  virtual void end_map() = 0;
};

}  // namespace runard::config
