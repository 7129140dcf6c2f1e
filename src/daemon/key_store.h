// KeyStore: idempotency keys and the answers that they got, for 24 h and at most kMaxKeys of them, whichever
// ends first. Owned by the committer, which asks before it counts; what it holds is in the journal too.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "slod/core/submission.h"

namespace slod::daemon {

class KeyStore {
 public:
  static constexpr Duration kKeep = hours(24);
  static constexpr std::size_t kMaxKeys = 1'000'000;

  /// Nothing: the key is new.
  [[nodiscard]] std::optional<CommitAnswer> known(const std::string& source, const IdempotencyKey& key) const;
  void add(const std::string& source, const IdempotencyKey& key, Time at);
  void forget_before(Time at);
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  struct Entry {
    Digest body;
    std::string answer;
  };
  static std::string id(const std::string& source, const IdempotencyKey& key) {
    return source + '\0' + key.key;
  }

  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::pair<Time, std::string>> order_;
};

}  // namespace slod::daemon
