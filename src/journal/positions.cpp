#include "journal/positions.h"

#include <algorithm>

namespace slod::journal {
namespace {
constexpr Duration kForgetAfter = hours(24 * 7);
}

void PositionTable::set(const SourcePosition& position, Time stamp) {
  table_[{position.source, position.stream}] = {position, stamp};
}

void PositionTable::set(const std::vector<SourcePosition>& positions, Time stamp) {
  for (const SourcePosition& position : positions) set(position, stamp);
}

void PositionTable::assign(const std::vector<KnownPosition>& positions) {
  table_.clear();
  for (const KnownPosition& known : positions) set(known.position, known.stamp);
}

void PositionTable::forget_old(Time now) {
  std::map<std::string, Time> newest;
  for (const auto& [key, known] : table_) {
    const auto [at, added] = newest.try_emplace(key.first, known.stamp);
    if (!added) at->second = std::max(at->second, known.stamp);
  }
  std::erase_if(table_, [&](const auto& entry) {
    const Time stamp = entry.second.stamp;
    return now - stamp > kForgetAfter && stamp < newest.at(entry.first.first);
  });
}

std::vector<KnownPosition> PositionTable::known() const {
  std::vector<KnownPosition> out;
  for (const auto& [key, known] : table_) out.push_back(known);
  return out;
}

std::vector<SourcePosition> PositionTable::positions() const {
  std::vector<KnownPosition> oldest_first = known();
  std::stable_sort(oldest_first.begin(), oldest_first.end(),
                   [](const KnownPosition& a, const KnownPosition& b) { return a.stamp < b.stamp; });
  std::vector<SourcePosition> out;
  out.reserve(oldest_first.size());
  for (KnownPosition& known : oldest_first) out.push_back(std::move(known.position));
  return out;
}

}  // namespace slod::journal
