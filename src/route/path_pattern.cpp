#include "route/path_pattern.h"

#include <algorithm>

#include "route/path_segments.h"
#include "route/template.h"

namespace slod::route {
namespace {

constexpr std::size_t kMostSegments = 16;
constexpr std::size_t kLongestSegment = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "v2", "v1.1", where an API has its version.
bool is_version(std::string_view segment, std::size_t place) {
  return place < 2 && segment.size() >= 2 && segment.size() <= 6 && (segment[0] | 0x20) == 'v' &&
         std::all_of(segment.begin() + 1, segment.end(), [](char c) { return is_digit(c) || c == '.'; });
}

/// Two digits, or one in what is very short or rather long: "7", "v7", "scooter-4", "9f3b"; not "oauth2".
bool is_id(std::string_view segment) {
  std::size_t digits = 0;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '%') {
      i += 2;  // an escape's digits are none of the name's
    } else if (is_digit(segment[i])) {
      ++digits;
    }
  }
  return digits >= 2 || (digits == 1 && (segment.size() <= 3 || segment.size() >= 8));
}

void append_cut(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  for (const char c : text.substr(0, kLongestSegment)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  if (text.size() <= kLongestSegment) return;
  // A character cut in half is dropped.
  while (out.size() > begin && (static_cast<unsigned char>(out.back()) & 0x80U) != 0) out.pop_back();
  out += "...";
}

}  // namespace

Words words_of_routes(const Config& config) {
  Words words;
  for (const JourneyConfig& journey : config.journeys) {
    if (!journey.api) continue;
    for (const Segment& segment : parse_template(journey.api->route)) {
      if (segment.kind == Segment::Kind::kLiteral) words.insert(segment.text);
    }
  }
  return words;
}

std::string path_pattern(std::string_view method, std::string_view path, const Words* known) {
  std::string out;
  append_cut(out, method);
  if (!out.empty()) out += ' ';
  const PathSegments segments(path);
  if (!segments.is_path()) {
    append_cut(out, path.substr(0, path.find_first_of("?#")));
    return out;
  }
  if (segments.size() == 0) out += '/';
  for (std::size_t i = 0; i < segments.size(); ++i) {
    out += '/';
    if (i == kMostSegments) return out + "...";
    const bool name = known != nullptr ? known->find(segments[i]) == known->end() : is_id(segments[i]);
    if (name && !is_version(segments[i], i)) {
      out += "{id}";
    } else {
      append_cut(out, segments[i]);
    }
  }
  return out;
}

}  // namespace slod::route
