// Where a path's segments are, found in one pass: the query and the fragment are cut, an absolute URL is
// reduced to its path, one trailing slash is ignored. A value; views live as long as the path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slod::route {

class PathSegments {
 public:
  /// No template has more; what is behind the last of these is one segment to them.
  static constexpr std::size_t kMost = 65;

  explicit PathSegments(std::string_view path);

  /// False: no path at all ("*", "host:443", garbage); no route matches.
  [[nodiscard]] bool is_path() const { return is_path_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    return text_.substr(begins_[i], begins_[i + 1] - begins_[i] - 1);
  }

 private:
  std::string_view text_;  ///< from the first slash on
  bool is_path_ = true;
  std::size_t size_ = 0;
  // begins_[i]: behind the slash before segment i; begins_[size_]: one behind the end.
  std::array<std::uint32_t, kMost + 2>
      begins_;  // NOLINT(cppcoreguidelines-pro-type-member-init): up to size_
};

}  // namespace slod::route
