// Accounts: what happened to each source's records, so that received is always the sum. Engine thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slod/core/sealed.h"
#include "slod/engine/snapshot.h"
#include "slod/fold/fold.h"

namespace slod::engine {

struct Account {
  SourceCounts counts;
  std::uint64_t duplicates = 0, late_rows = 0;
  std::uint64_t fleet_duplicates = 0;  ///< of `duplicates`: in rows that are sealed one day
  std::optional<Time> last_event;
  bool up = true;

  void seen(Time event) {
    if (!last_event || event > *last_event) last_event = event;
  }
  template <class A>
  void io(A& a) {
    a(counts, duplicates, late_rows, fleet_duplicates, last_event, up);
  }
};

class Accounts {
 public:
  explicit Accounts(const Config& config);
  void count(const std::string& source, const SourceCounts& counts);
  /// Of a row's source; null if nothing is known of it. Lifetime: as long as the accounts.
  [[nodiscard]] Account* of(StringId source, const Dictionary& dictionary) {
    for (const auto& [id, account] : by_id_) {
      if (id == source) return account;
    }
    return find(source, dictionary);
  }
  /// What was found in rows of the fleet, and the same into accounts that have seen none of those.
  void tell(std::vector<SealedSource>& sources, Dictionary& dictionary) const;
  void restore(const std::vector<SealedSource>& sources, const Dictionary& dictionary);
  void up(const std::string& source, bool up);
  [[nodiscard]] bool is_up(const std::string& source) const;
  void note_unmatched(const std::string& path);

  /// In the config's order.
  [[nodiscard]] std::vector<SourceReading> sources(const fold::FoldCounters& fold) const;
  /// The most frequent first, at most `limit`.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> unmatched_paths(std::size_t limit) const;
  template <class A>
  void io(A& a) {
    if constexpr (A::kReads) by_id_.clear();  // it points into accounts_
    a(accounts_, unmatched_);
    if constexpr (A::kReads) {
      for (const SourceConfig& source : config_.sources) accounts_[source.name];
    }
  }

 private:
  Account* find(StringId source, const Dictionary& dictionary);
  const Config& config_;
  std::map<std::string, Account, std::less<>> accounts_;
  std::vector<std::pair<StringId, Account*>> by_id_;  // those that rows came from: a handful
  std::map<std::string, std::uint64_t> unmatched_;
};

}  // namespace slod::engine
