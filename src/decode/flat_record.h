// One record as a flat JSON object on a line of its own, put together member by member. The first of equal
// keys counts. Owned by one caller.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace slod::decode {

/// One record, on one line whatever it holds.
void add_line(std::string& lines, std::string_view record);
/// A JSON string.
[[nodiscard]] std::string quoted(std::string_view text);

class FlatRecord {
 public:
  /// `json`: a value as it is written; nothing happens for "".
  void add(std::string_view key, std::string_view json) {
    if (json.empty() || !known_.insert(std::string(key)).second) return;
    if (!text_.empty()) text_.push_back(',');
    text_.append(quoted(key)).append(":").append(json);
  }
  [[nodiscard]] std::string object() const { return std::string("{").append(text_).append("}"); }

 private:
  std::string text_;
  std::set<std::string> known_;
};

}  // namespace slod::decode
