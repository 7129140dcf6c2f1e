#include "route/template.h"

#include <algorithm>
#include <set>

#include "slod/route/router.h"

namespace slod::route {
namespace {

constexpr std::size_t kMaxSegments = 64;

std::vector<std::string_view> split(std::string_view route) {
  if (route.starts_with('/')) route.remove_prefix(1);
  if (route.ends_with('/')) route.remove_suffix(1);
  std::vector<std::string_view> parts;
  while (!route.empty()) {
    const std::size_t end = route.find('/');
    parts.push_back(route.substr(0, end));
    if (end == std::string_view::npos) break;
    route.remove_prefix(end + 1);
  }
  return parts;
}

bool is_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), good);
}

Segment parse_segment(std::string_view text) {
  if (text == "*") return {Segment::Kind::kTail, {}, {}, {}};
  const std::size_t open = text.find('{');
  const std::size_t close = text.find('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return {Segment::Kind::kLiteral, std::string(text), {}, {}};
  const std::string_view name = text.substr(open + 1, close - open - 1);
  if (name.ends_with("..."))
    return {Segment::Kind::kTail, std::string(name.substr(0, name.size() - 3)), {}, {}};
  return {Segment::Kind::kCapture, std::string(name), std::string(text.substr(0, open)),
          std::string(text.substr(close + 1))};
}

/// "before" "part" "after", the part in quotes.
std::string worded(std::string_view before, std::string_view part, std::string_view after) {
  std::string text(before);
  text.append("\"").append(part).append("\"").append(after);
  return text;
}

std::string segment_fault(std::string_view text) {
  if (text.empty()) return "an empty segment (\"//\")";
  const auto opens = std::count(text.begin(), text.end(), '{');
  const auto closes = std::count(text.begin(), text.end(), '}');
  if (opens > 1) return worded("two captures in the segment ", text, "; a segment holds at most one");
  if (opens != closes || (opens == 1 && text.find('{') > text.find('}')))
    return worded("unbalanced braces in the segment ", text, "");
  const Segment segment = parse_segment(text);
  if (segment.kind == Segment::Kind::kCapture && !is_name(segment.text))
    return worded("the capture ", text, " has no good name");
  if (segment.kind == Segment::Kind::kTail && text != "*" && (text.front() != '{' || text.back() != '}'))
    return worded("", text, ": a tail takes whole segments");
  if (opens == 0 && text != "*" && text.find('*') != std::string_view::npos)
    return worded("", text, ": '*' stands alone, for the rest of the path; use {name} for one segment");
  return {};
}

}  // namespace

std::vector<Segment> parse_template(std::string_view route) {
  std::vector<Segment> segments;
  for (const std::string_view part : split(route)) segments.push_back(parse_segment(part));
  return segments;
}

std::string template_fault(std::string_view route) {
  if (!route.starts_with('/')) return "a route begins with '/'";
  if (route.find_first_of("?#") != std::string_view::npos)
    return "a route has no query or fragment: '?' and '#' are cut";
  if (route.find("//") != std::string_view::npos) return "an empty segment (\"//\")";
  if (route.find_first_of(" \t\r\n") != std::string_view::npos) return "a route has no blanks";
  const auto parts = split(route);
  if (parts.size() > kMaxSegments) return "more than 64 segments";
  std::set<std::string> names;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (std::string fault = segment_fault(parts[i]); !fault.empty()) return fault;
    const Segment segment = parse_segment(parts[i]);
    if (segment.kind == Segment::Kind::kTail && i + 1 < parts.size())
      return worded("", parts[i], " takes the rest of the path and must come last");
    if (segment.kind == Segment::Kind::kCapture && !names.insert(segment.text).second)
      return std::string("two captures named {").append(segment.text).append("}");
  }
  return {};
}

}  // namespace slod::route
