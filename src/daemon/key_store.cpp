#include "key_store.h"

namespace slod::daemon {

std::optional<CommitAnswer> KeyStore::known(const std::string& source, const IdempotencyKey& key) const {
  const auto found = entries_.find(id(source, key));
  if (found == entries_.end()) return std::nullopt;
  if (found->second.body != key.body) return CommitAnswer{Committed::kConflict, {}};
  return CommitAnswer{Committed::kRepeated, found->second.answer};
}

void KeyStore::add(const std::string& source, const IdempotencyKey& key, Time at) {
  const auto [place, added] = entries_.try_emplace(id(source, key), Entry{key.body, key.answer});
  if (!added) return;
  order_.emplace_back(at, place->first);
  if (order_.size() <= kMaxKeys) return;
  entries_.erase(order_.front().second);
  order_.pop_front();
}

void KeyStore::forget_before(Time at) {
  while (!order_.empty() && order_.front().first < at) {
    entries_.erase(order_.front().second);
    order_.pop_front();
  }
}

}  // namespace slod::daemon
