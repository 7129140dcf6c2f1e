#include "config/route_template.h"

#include <algorithm>
#include <set>

namespace slod::config {

namespace {

bool is_capture(const std::string& segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

std::vector<std::string> split(const std::string& route) {
  std::vector<std::string> segments;
  std::size_t begin = 1;
  while (begin <= route.size()) {
    const std::size_t end = std::min(route.find('/', begin), route.size());
    segments.push_back(route.substr(begin, end - begin));
    begin = end + 1;
  }
  if (!segments.empty() && segments.back().empty()) segments.pop_back();
  return segments;
}

}  // namespace

std::string route_fault(const std::string& route) {
  if (!route.starts_with('/')) return "a route begins with /";
  if (route.find_first_of("?#") != std::string::npos) {
    return "a route has no query: it is cut before routes are compared";
  }
  std::set<std::string> captures;
  for (const std::string& segment : split(route)) {
    if (segment.empty()) return "a route has no empty segment (//)";
    if (segment.find_first_of("{}") == std::string::npos) continue;
    const std::string name = is_capture(segment) ? segment.substr(1, segment.size() - 2) : "";
    if (name.empty() || name.find_first_of("{}") != std::string::npos) {
      return "\"" + segment + "\": a capture is a whole segment, such as {device}";
    }
    if (!captures.insert(name).second) return "two captures are named {" + name + "}";
  }
  return "";
}

std::vector<std::string> route_segments(const std::string& route) {
  std::vector<std::string> segments = split(route);
  for (std::string& segment : segments) {
    if (is_capture(segment)) segment = "{}";
  }
  return segments;
}

bool routes_overlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const std::string& x, const std::string& y) {
    return x == y || x == "{}" || y == "{}";
  });
}

}  // namespace slod::config
