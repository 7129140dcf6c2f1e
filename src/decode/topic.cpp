#include "decode/topic.h"

#include <algorithm>

namespace slod::decode {
namespace {

/// Cuts the first level off. False: there was none left.
bool take_level(std::string_view& rest, bool& more, std::string_view& level) {
  if (!more) return false;
  const std::size_t slash = rest.find('/');
  more = slash != std::string_view::npos;
  level = rest.substr(0, slash);
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return true;
}

}  // namespace

TopicTemplate::Level TopicTemplate::level_of(std::string_view text) {
  if (text == "+") return {What::kAny, {}, {}};
  if (text == "#") return {What::kRest, {}, {}};
  const std::size_t open = text.find('{');
  const std::size_t close = text.find('}', std::min(open, text.size()));
  if (open == std::string_view::npos || close == std::string_view::npos)
    return {What::kLiteral, std::string(text), {}};
  const std::string_view name = text.substr(open + 1, close - open - 1);
  const What what = name == "device" ? What::kDevice : name == "name" ? What::kName : What::kAny;
  return {what, std::string(text.substr(0, open)), std::string(text.substr(close + 1))};
}

TopicTemplate::TopicTemplate(std::string_view pattern) {
  bool more = true;
  std::string_view level;
  while (take_level(pattern, more, level)) levels_.push_back(level_of(level));
}

bool TopicTemplate::match(std::string_view topic, Captures& captures) const {
  captures = {};
  bool more = true;
  const bool system = topic.starts_with('$');  // MQTT: wildcards at the first level leave these alone
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    const Level& wanted = levels_[i];
    if (wanted.what == What::kRest) return i + 1 == levels_.size() && !(system && i == 0);
    std::string_view level;
    if (!take_level(topic, more, level)) return false;
    if (wanted.what == What::kLiteral) {
      if (level != wanted.before) return false;
      continue;
    }
    if (system && i == 0) return false;
    if (level.size() < wanted.before.size() + wanted.after.size() || !level.starts_with(wanted.before) ||
        !level.ends_with(wanted.after))
      return false;
    level.remove_prefix(wanted.before.size());
    level.remove_suffix(wanted.after.size());
    if (wanted.what == What::kDevice) captures.device = level;
    if (wanted.what == What::kName) captures.name = level;
  }
  return !more;
}

}  // namespace slod::decode
