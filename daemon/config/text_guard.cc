#include "config/text_guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "routing/escape.h"

namespace runard::config {
namespace {

using core::Errc;

std::size_t first_bad_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead >= 0x80 && !routing::is_utf8(text.substr(at, length))) {
      return at;
    }
    at += length;
  }
  return std::string_view::npos;
}

bool is_forbidden_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// Walks the lines as a YAML scanner would, but knows only what brackets and tabs mean depends on:
// quotes, comments and block scalars. It errs on the side of letting a text pass: yaml-cpp judges
// that text again.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  TextVerdict run() {
    while (at_ < text_.size() && !fault_) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      line(text_.substr(at_, end - at_));
      at_ = end + 1;
    }
    return {fault_, quote_ == 0 ? std::nullopt : std::optional(mark_at(text_, quote_at_))};
  }

 private:
  void line(std::string_view text) {
    const std::size_t indent = text.find_first_not_of(' ');
    const bool empty = std::all_of(text.begin(), text.end(), is_blank);
    if (block_parent_) {
      if (empty || indent > *block_parent_) {
        return;
      }
      block_parent_.reset();
    }
    if (empty) {
      return;
    }
    if (quote_ == 0 && depth_ == 0 && text[indent] == '\t' &&
        text[text.find_first_not_of(" \t")] != '#') {
      fail(indent, "a tab in the indentation", "write spaces");
      return;
    }
    token_start_ = quote_ == 0;
    entries(text, indent);
  }

  // Skips the "- " of nested lists: a block scalar's text is indented against what follows them.
  void entries(std::string_view text, std::size_t column) {
    std::size_t parent = column;
    if (quote_ == 0 && depth_ == 0) {
      while (column + 1 < text.size() && text[column] == '-' && is_blank(text[column + 1])) {
        parent = column;
        column = std::min(text.find_first_not_of(" \t", column + 1), text.size());
      }
      if (column < text.size() && text[column] != '|' && text[column] != '>') {
        parent = column;
      }
    }
    characters(text, column, parent);
  }

  void characters(std::string_view text, std::size_t column, std::size_t parent) {
    for (; column < text.size() && !fault_; ++column) {
      if (quote_ != 0) {
        inside_quote(text, column);
      } else if (text[column] == '#' && (column == 0 || is_blank(text[column - 1]))) {
        return;
      } else if (starts_block_scalar(text, column)) {
        block_parent_ = parent;
        return;
      } else {
        outside_quote(text, column);
      }
    }
  }

  void inside_quote(std::string_view text, std::size_t& column) {
    const char c = text[column];
    const char next = column + 1 < text.size() ? text[column + 1] : '\n';
    if ((quote_ == '"' && c == '\\') || (quote_ == '\'' && c == '\'' && next == '\'')) {
      ++column;
    } else if (c == quote_) {
      quote_ = 0;
      token_start_ = false;
    }
  }

  void outside_quote(std::string_view text, std::size_t& column) {
    const char c = text[column];
    const bool before_blank = column + 1 >= text.size() || is_blank(text[column + 1]);
    if (is_blank(c)) {
      return;
    }
    if ((c == '"' || c == '\'') && token_start_) {
      quote_ = c;
      quote_at_ = at_ + column;
    } else if ((c == '[' || c == '{') && (token_start_ || depth_ > 0)) {
      token_start_ = true;
      if (++depth_ > kMaxDepth) {
        fail(column, fmt::format("nested deeper than {} levels", kMaxDepth), "write it flatter");
      }
    } else if ((c == ']' || c == '}') && depth_ > 0) {
      --depth_;
      token_start_ = false;
    } else if ((c == '&' || c == '!') && token_start_) {
      while (column + 1 < text.size() && !is_blank(text[column + 1])) {
        ++column;  // an anchor or a tag: the value is still to come
      }
    } else {
      token_start_ = depth_ > 0 ? c == ',' || c == ':' : (c == ':' || c == '?') && before_blank;
    }
  }

  bool starts_block_scalar(std::string_view text, std::size_t column) const {
    if (depth_ > 0 || !token_start_ || (text[column] != '|' && text[column] != '>')) {
      return false;
    }
    const std::size_t after = text.find_first_not_of("+-0123456789", column + 1);
    const std::size_t rest = text.find_first_not_of(" \t\r", std::min(after, text.size()));
    return rest == std::string_view::npos || text[rest] == '#';
  }

  void fail(std::size_t column, std::string what, std::string instead) {
    fault_ = Fault{mark_at(text_, at_ + column),
                   {std::move(what), std::move(instead), Errc::kConfigSyntax}};
  }

  std::string_view text_;
  std::size_t at_ = 0;  // where the current line begins
  std::size_t depth_ = 0;
  char quote_ = 0;  // inside quotes: which
  std::size_t quote_at_ = 0;
  bool token_start_ = true;
  std::optional<std::size_t> block_parent_;  // inside a block scalar: its parent's column
  std::optional<Fault> fault_;
};

}  // namespace

Mark mark_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - line_start) + 1};
}

std::string_view line_of(std::string_view text, int line) {
  for (; line > 1 && !text.empty(); --line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text.substr(0, text.find('\n'));
}

Mark column_in_characters(std::string_view text, Mark mark) {
  if (mark.line <= 0 || mark.column <= 0) {
    return {};
  }
  const std::string_view line = line_of(text, mark.line);
  const auto before = line.substr(0, static_cast<std::size_t>(mark.column) - 1);
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  return {mark.line, static_cast<int>(std::count_if(before.begin(), before.end(), starts)) + 1};
}

TextVerdict check_text(std::string_view text) {
  const auto fault = [](Mark mark, std::string what, std::string instead) {
    return TextVerdict{Fault{mark, {std::move(what), std::move(instead), Errc::kConfigSyntax}}, {}};
  };
  if (text.size() > kMaxFileBytes) {
    return fault({}, fmt::format("is larger than {} KiB", kMaxFileBytes / 1024),
                 "split what it configures over several nodes");
  }
  if (const std::size_t at = first_bad_utf8(text); at != std::string_view::npos) {
    return fault(mark_at(text, at), "this byte is not UTF-8", "save the file as UTF-8");
  }
  const auto control = std::find_if(text.begin(), text.end(), is_forbidden_control);
  if (control != text.end()) {
    return fault(
        mark_at(text, static_cast<std::size_t>(control - text.begin())),
        fmt::format("a control character (0x{:02x})", static_cast<unsigned char>(*control)),
        "remove it, or write it as an escape in double quotes");
  }
  return Scan(text).run();
}

}  // namespace runard::config
