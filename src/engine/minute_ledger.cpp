#include "slod/engine/minute_ledger.h"

#include <algorithm>
#include <boost/container_hash/hash.hpp>

namespace slod::engine {

std::size_t MinuteLedger::Hash::operator()(const Key& key) const {
  std::size_t seed = key.labels;
  boost::hash_combine(seed, key.reason);
  boost::hash_combine(seed, key.check * 4U + key.state);
  return seed;
}

std::vector<SealedMinutes> MinuteLedger::before(Slot until, const std::vector<StringId>& checks) const {
  std::vector<SealedMinutes> out;
  for (auto at = minutes_.begin(); at != minutes_.end() && at->first < until; ++at) {
    std::vector<std::pair<Key, std::int64_t>> minute(at->second.begin(), at->second.end());
    std::sort(minute.begin(), minute.end());
    for (const auto& [key, count] : minute) {
      out.push_back({at->first, checks[key.check], static_cast<std::uint8_t>(key.state), key.reason,
                     key.labels, count});
    }
  }
  return out;
}

}  // namespace slod::engine
