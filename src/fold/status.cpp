#include "fold/status.h"

#include <algorithm>
#include <tuple>

namespace slod::fold {
namespace {

/// Specificity of the best range of the rule that holds the status; -1 for a rule about any status, -2 for no
/// match.
int specificity(const OutcomeRule& rule, int status) {
  if (rule.statuses.empty()) return -1;
  int best = -2;
  for (const OutcomeRule::StatusRange& range : rule.statuses) {
    if (status >= range.low && status <= range.high) best = std::max(best, range.specificity);
  }
  return best;
}

/// Bad over ignore over good.
int severity(Verdict verdict) {
  if (verdict == Verdict::kBad) return 2;
  return verdict == Verdict::kExcluded ? 1 : 0;
}

}  // namespace

StatusRules::StatusRules(const ApiLeg& leg, const std::vector<int>& client_abort, Dictionary& dictionary)
    : dictionary_(dictionary), client_abort_(client_abort), abort_bad_after_(leg.client_abort_bad_after) {
  for (const OutcomeRule& rule : leg.rules) {
    rules_.push_back({rule, CompiledMatch(rule.labels, dictionary)});
    by_labels_ = by_labels_ || !rules_.back().labels.empty();
  }
  tables_.push_back(build(std::vector<bool>(rules_.size(), true)));
  if (by_labels_) tables_.clear();
}

const StatusRules::Table& StatusRules::choose(LabelSetId labels) {
  std::vector<bool> in_force(rules_.size());
  for (std::size_t i = 0; i < rules_.size(); ++i) in_force[i] = rules_[i].labels.matches(dictionary_, labels);
  auto [known, is_new] = by_rules_.try_emplace(in_force, nullptr);
  if (is_new) known->second = &tables_.emplace_back(build(in_force));
  if (labels >= table_of_.size()) table_of_.resize(labels + 1, nullptr);
  table_of_[labels] = known->second;
  return *known->second;
}

StatusRules::Table StatusRules::build(const std::vector<bool>& in_force) const {
  Table table{};
  for (std::size_t status = 0; status < table.size(); ++status)
    table[status] = cell(static_cast<int>(status), in_force);
  return table;
}

std::uint8_t StatusRules::cell(int status, const std::vector<bool>& in_force) const {
  const Rule* best = nullptr;
  std::tuple<bool, int, int> best_rank;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const int how = in_force[i] ? specificity(rules_[i].said, status) : -2;
    if (how == -2) continue;
    const std::tuple rank(!rules_[i].labels.empty(), how, severity(rules_[i].said.verdict));
    if (best == nullptr || rank > best_rank) {
      best = &rules_[i];
      best_rank = rank;
    }
  }
  return best == nullptr ? default_cell(status) : static_cast<std::uint8_t>(best->said.verdict);
}

std::uint8_t StatusRules::default_cell(int status) const {
  if (std::find(client_abort_.begin(), client_abort_.end(), status) != client_abort_.end()) return kAbort;
  const bool bad = status == 429 || status >= 500 || status < 100;
  if (bad) return static_cast<std::uint8_t>(Verdict::kBad);
  return static_cast<std::uint8_t>(status >= 400 ? Verdict::kExcluded : Verdict::kGood);
}

Verdict StatusRules::abort_verdict(Duration latency) const {
  return abort_bad_after_ && latency > *abort_bad_after_ ? Verdict::kBad : Verdict::kExcluded;
}

}  // namespace slod::fold
