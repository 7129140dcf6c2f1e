#include "accounts.h"

#include <algorithm>

namespace slod::engine {
namespace {

/// Paths are the sender's to choose: beyond this many different ones, new ones are only counted as ignored.
constexpr std::size_t kMaxUnmatchedPaths = 1000;

}  // namespace

Accounts::Accounts(const Config& config) : config_(config) {
  for (const SourceConfig& source : config.sources) accounts_[source.name];
}

void Accounts::count(const std::string& source, const SourceCounts& counts) {
  accounts_[source].counts.add(counts);
}

Account* Accounts::find(StringId source, const Dictionary& dictionary) {
  const auto found = accounts_.find(dictionary.text(source));
  if (found == accounts_.end()) return nullptr;
  by_id_.emplace_back(source, &found->second);
  return &found->second;
}

void Accounts::tell(std::vector<SealedSource>& sources, Dictionary& dictionary) const {
  for (const auto& [name, account] : accounts_) {
    if (!account.last_event) continue;
    sources.push_back(
        {dictionary.intern(name), account.fleet_duplicates, account.late_rows, nanos(*account.last_event)});
  }
}

void Accounts::restore(const std::vector<SealedSource>& sources, const Dictionary& dictionary) {
  for (const SealedSource& source : sources) {
    const auto found = accounts_.find(dictionary.text(source.source));
    if (found == accounts_.end()) continue;
    found->second.duplicates += source.duplicates;
    found->second.fleet_duplicates += source.duplicates;
    found->second.late_rows += source.late;
    found->second.seen(from_nanos(source.last_event));
  }
}

void Accounts::up(const std::string& source, bool up) {
  accounts_[source].up = up;
}

bool Accounts::is_up(const std::string& source) const {
  const auto found = accounts_.find(source);
  return found == accounts_.end() || found->second.up;
}

void Accounts::note_unmatched(const std::string& path) {
  const auto known = unmatched_.find(path);
  if (known != unmatched_.end()) {
    ++known->second;
    return;
  }
  // A full table gives up its rarest, and the newcomer takes over that one's count ("space saving"): what is
  // frequent now comes through, however much was seen before.
  std::uint64_t count = 1;
  if (unmatched_.size() >= kMaxUnmatchedPaths) {
    const auto rarest = std::min_element(unmatched_.begin(), unmatched_.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
    count = rarest->second + 1;
    unmatched_.erase(rarest);
  }
  unmatched_.emplace(path, count);
}

std::vector<SourceReading> Accounts::sources(const fold::FoldCounters& fold) const {
  std::vector<SourceReading> readings;
  for (const SourceConfig& source : config_.sources) {
    const Account& account = accounts_.find(source.name)->second;
    SourceReading reading;
    reading.source = source.name;
    reading.duplicate = account.duplicates + account.counts.duplicate;
    reading.accepted = account.counts.accepted - account.duplicates;
    reading.ignored = account.counts.ignored;
    reading.rejected = account.counts.rejected_total();
    reading.rejected_by_reason = account.counts.rejected;
    reading.late = account.counts.late;
    reading.shed = account.counts.shed;
    // Before the fold found duplicates by id they were accepted; those of a repeated key never were.
    reading.received = account.counts.accepted + account.counts.duplicate + reading.ignored +
                       reading.rejected + reading.late + reading.shed;
    reading.accepted_late = account.late_rows;
    if (const auto late = fold.accepted_late.find(source.name); late != fold.accepted_late.end()) {
      reading.accepted_late += late->second;
    }
    reading.last_event = account.last_event;
    reading.up = account.up;
    readings.push_back(std::move(reading));
  }
  return readings;
}

std::vector<std::pair<std::string, std::uint64_t>> Accounts::unmatched_paths(std::size_t limit) const {
  std::vector<std::pair<std::string, std::uint64_t>> paths(unmatched_.begin(), unmatched_.end());
  std::stable_sort(paths.begin(), paths.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (paths.size() > limit) paths.resize(limit);
  return paths;
}

}  // namespace slod::engine
