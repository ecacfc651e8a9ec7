// The shapes that describe() is written in.
#pragma once

#include "config/visitor.h"

namespace runard::config {

template <class T>
void setting(Visitor& v, const Key& key, T& field, const Codec<T>& codec) {
  Bound<T> bound(field, codec);
  v.value(key, bound);
}

// A word for unset, or a setting.
template <class T>
void setting_or(Visitor& v, const Key& key, std::optional<T>& field, std::string_view word,
                const Codec<T>& codec) {
  BoundOr<T> bound(field, word, codec);
  v.value(key, bound);
}

template <class T>
void settings(Visitor& v, const Key& key, std::vector<T>& field, const Codec<T>& codec) {
  BoundList<T> bound(field, codec);
  v.values(key, bound);
}

// A word for unset, or a list of at least one.
template <class T>
void settings_or(Visitor& v, const Key& key, std::optional<std::vector<T>>& field,
                 std::string_view word, const Codec<T>& codec) {
  std::vector<T> items = field.value_or(std::vector<T>{});
  UnsetWord unset(field, word);
  BoundList<T> bound(items, codec);
  v.values_or(key, unset, bound, field.has_value());
  if (!items.empty()) {
    field = std::move(items);
  }
}

template <class T>
void section(Visitor& v, const Key& key, T& value) {
  if (v.begin_section(key)) {
    describe(v, value);
    v.end_section();
  }
}

// A word for unset, or a section.
template <class T>
void section_or(Visitor& v, const Key& key, std::optional<T>& field, std::string_view word) {
  UnsetWord unset(field, word);
  if (v.begin_section_or(key, unset, field.has_value())) {
    if (!field) {
      field.emplace();
    }
    describe(v, *field);
    v.end_section();
  }
}

template <class T>
void list(Visitor& v, const Key& key, std::vector<T>& items) {
  items.resize(v.begin_list(key, items.size()));
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (v.begin_item(i)) {
      describe(v, items[i]);
      v.end_item();
    }
  }
  v.end_list();
}

// Names that the operator chooses; visit_one(key, value) visits one of them.
template <class T, class VisitOne>
void map(Visitor& v, const Key& key, std::map<std::string, T>& items, const TextRule& rule,
         VisitOne visit_one) {
  std::vector<std::string> names;
  for (const auto& [name, value] : items) {
    names.push_back(name);
  }
  for (const std::string& name : v.begin_map(key, names, rule)) {
    visit_one(Key{name, key.meaning}, items[name]);
  }
  v.end_map();
}

}  // namespace runard::config
