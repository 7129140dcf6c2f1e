// Where things stand in the files, and the list of what is wrong with them. Thread: the loader's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slod/config/load.h"

namespace slod::config {

/// One file as it was read, with its lines.
class SourceText {
 public:
  SourceText(std::string name, std::string text, int order);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] int order() const { return order_; }
  /// Line n (from 1) without its end; "" beyond the file.
  [[nodiscard]] std::string_view line(int n) const;
  /// What a relative path in this file is relative to: "" or "dir/".
  [[nodiscard]] std::string directory() const;

 private:
  std::string name_, text_;
  int order_;
  std::vector<std::size_t> starts_;
};

/// A stretch of one line. Columns count bytes from 1; a Fault's columns count characters.
struct Place {
  const SourceText* file = nullptr;
  int line = 0, column = 0, width = 1;
};

class FaultList {
 public:
  void error(const Place& place, std::string message) { add(place, std::move(message), false); }
  void warning(const Place& place, std::string message) { add(place, std::move(message), true); }
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  /// In file order, without repetitions (an alias shows its fault once), at most 200 and then a line that
  /// says so.
  [[nodiscard]] std::vector<Fault> sorted() const;

 private:
  struct Entry {
    int order = 0;
    Fault fault;
  };
  void add(const Place& place, std::string message, bool warning);

  std::vector<Entry> entries_;
  int errors_ = 0;
};

/// "path" as seen from the directory of `file`; absolute paths and "" stay.
[[nodiscard]] std::string resolve_path(const SourceText* file, const std::string& path);

}  // namespace slod::config
