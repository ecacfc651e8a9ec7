// Table: columns for people, as wide as their widest cell. Plain text; no colour of its own.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace runard::ctl {

class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  void row(const std::vector<std::string>& cells);
  bool empty() const { return rows_.size() == 1; }
  // One line a row, two spaces between columns, nothing behind the last.
  void print(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "3d 4h", "2m 5s", "412 ms", "37 us": the two largest units that matter.
std::string duration_text(long long nanoseconds);

}  // namespace runard::ctl
