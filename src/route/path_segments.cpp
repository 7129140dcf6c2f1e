#include "route/path_segments.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>

namespace slod::route {
namespace {

constexpr std::size_t kStep = 16;

bool is_mark(char c) {
  return c == '/' || c == '?' || c == '#';
}

/// Bit i: text[i] is a slash, '?' or '#'; of the first kStep bytes.
unsigned marks(const char* text, std::size_t left) {
#if defined(__SSE2__)
  if (left >= kStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('/'));
    const __m128i query = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('?'));
    const __m128i fragment = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#'));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(slash, _mm_or_si128(query, fragment))));
  }
#endif
  unsigned found = 0;
  for (std::size_t i = 0; i < std::min(left, kStep); ++i) found |= is_mark(text[i]) ? 1U << i : 0U;
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
    for (unsigned found = marks(path.data() + at, path.size() - at); found != 0; found &= found - 1) {
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
