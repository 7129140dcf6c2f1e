#include "route/path_segments.h"

#include <algorithm>
#include <bit>

#include "slod/core/sixteen.h"

namespace slod::route {
namespace {

constexpr std::size_t kStep = Sixteen::kSize;

/// Bit i: text[at + i] is a slash, '?' or '#'; of the next kStep bytes, or as many as there are.
std::uint32_t marks(std::string_view text, std::size_t at) {
  const std::size_t left = text.size() - at;
  if (left >= kStep) return Sixteen(text.data() + at).find<'/', '?', '#'>();
  if (text.size() >= kStep)
    return Sixteen(text.data() + text.size() - kStep).find<'/', '?', '#'>() >> (kStep - left);
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < left; ++i) {
    const char c = text[at + i];
    found |= c == '/' || c == '?' || c == '#' ? 1U << i : 0U;
  }
  return found;
}

/// Where the path of an absolute URL begins; npos: it is none.
std::size_t path_of_url(std::string_view url) {
  const std::size_t scheme = url.substr(0, url.find_first_of("?#")).find("://");
  if (scheme == std::string_view::npos) return scheme;
  return std::min(url.find_first_of("/?#", scheme + 3), url.size());
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): begins_ is filled as far as it is used
PathSegments::PathSegments(std::string_view path) {
  if (!path.starts_with('/')) {
    const std::size_t begin = path_of_url(path);
    is_path_ = begin != std::string_view::npos;
    path = is_path_ ? path.substr(begin) : std::string_view{};
  }
  text_ = path;
  std::size_t end = path.size();
  std::size_t count = 0;  // of slashes kept in begins_
  for (std::size_t at = 0; at < end; at += kStep) {
    for (std::uint32_t found = marks(path, at); found != 0; found &= found - 1) {
      const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(found));
      if (path[place] != '/') {
        end = place;
        break;
      }
      if (count < kMost) begins_[count++] = static_cast<std::uint32_t>(place + 1);
    }
  }
  // The slash at the end, be it the only one, opens no segment; one that was not kept is within the last.
  if (end > 0 && path[end - 1] == '/') {
    if (begins_[count - 1] == end) --count;
    --end;
  }
  size_ = count;
  begins_[count] = static_cast<std::uint32_t>(end + 1);
}

}  // namespace slod::route
