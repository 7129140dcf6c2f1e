#include "source/mqtt/topic_filter.h"

#include <algorithm>

namespace slod::source {
namespace {

/// The first level; `rest` becomes what follows. `more` says whether there is anything more, be it an empty
/// level.
std::string_view take_level(std::string_view& rest, bool& more) {
  const std::size_t slash = rest.find('/');
  const std::string_view level = rest.substr(0, slash);
  more = slash != std::string_view::npos;
  rest = more ? rest.substr(slash + 1) : std::string_view();
  return level;
}

}  // namespace

std::string topic_filter(std::string_view topic_template) {
  std::string filter;
  for (bool more = true; more;) {
    const std::string_view level = take_level(topic_template, more);
    filter += level.find('{') != std::string_view::npos ? std::string_view("+") : level;
    if (more) filter += '/';
  }
  return filter;
}

bool covers(std::string_view wide, std::string_view narrow) {
  bool wide_more = true;
  bool narrow_more = true;
  while (wide_more && narrow_more) {
    const std::string_view w = take_level(wide, wide_more);
    const std::string_view n = take_level(narrow, narrow_more);
    if (w == "#") return true;
    if (n == "#" || (w != "+" && w != n)) return false;
  }
  // "a/#" matches "a" itself too.
  return wide_more == narrow_more || (wide_more && wide == "#");
}

std::vector<std::string> topic_filters(const std::vector<MessageRule>& rules) {
  std::vector<std::string> filters;
  for (const MessageRule& rule : rules) {
    const std::string filter = topic_filter(rule.topic);
    const auto covered = [&](const std::string& other) { return covers(other, filter); };
    if (std::any_of(filters.begin(), filters.end(), covered)) continue;
    std::erase_if(filters, [&](const std::string& other) { return covers(filter, other); });
    filters.push_back(filter);
  }
  return filters;
}

}  // namespace slod::source
