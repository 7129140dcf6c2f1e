// What a status means for one journey: its own lists (the most specific wins, then bad over ignore over
// good), then client aborts, then the defaults. One table of 600 cells per combination of matching label
// rules; owned by the fold.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <vector>

#include "fold/label_match.h"

namespace slod::fold {

class StatusRules {
 public:
  /// `client_abort`: the statuses that the source's format uses for "the client left".
  StatusRules(const ApiLeg& leg, const std::vector<int>& client_abort, Dictionary& dictionary);

  /// Requires: status below 600. kNoLatency: a client abort is excluded however long it may have waited.
  Verdict verdict(std::uint16_t status, Duration latency, LabelSetId labels) {
    const std::uint8_t cell = table(labels)[status];
    return cell == kAbort ? abort_verdict(latency) : static_cast<Verdict>(cell);
  }

 private:
  static constexpr std::uint8_t kAbort = 255;
  using Table = std::array<std::uint8_t, 600>;
  struct Rule {
    OutcomeRule said;
    CompiledMatch labels;
  };

  const Table& table(LabelSetId labels) {
    if (!by_labels_) return tables_.front();
    if (labels < table_of_.size() && table_of_[labels] != nullptr) return *table_of_[labels];
    return choose(labels);
  }
  const Table& choose(LabelSetId labels);
  [[nodiscard]] Table build(const std::vector<bool>& in_force) const;
  [[nodiscard]] std::uint8_t cell(int status, const std::vector<bool>& in_force) const;
  [[nodiscard]] std::uint8_t default_cell(int status) const;
  [[nodiscard]] Verdict abort_verdict(Duration latency) const;

  const Dictionary& dictionary_;
  std::vector<Rule> rules_;
  std::vector<int> client_abort_;
  std::optional<Duration> abort_bad_after_;
  bool by_labels_ = false;
  std::deque<Table> tables_;  // stable addresses
  std::map<std::vector<bool>, const Table*> by_rules_;
  std::vector<const Table*> table_of_;
};

}  // namespace slod::fold
