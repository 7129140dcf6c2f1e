#include "report_dedup.h"

#include <algorithm>

namespace slod::fleet {
namespace {

/// splitmix64's finish: every bit of the input reaches every bit of the output.
std::uint64_t mix(std::uint64_t h, std::uint64_t value) {
  h = (h ^ value) + 0x9e3779b97f4a7c15u;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
  return h ^ (h >> 31);
}

std::uint64_t with_payload(std::uint64_t key, const Digest& payload) {
  return mix(mix(key, payload.hi), payload.lo);
}

std::uint64_t key_of(const DeviceRow& row, std::uint64_t origin) {
  const std::uint64_t key = mix(0, origin);
  if (row.seq == kNoNumber) return with_payload(key, row.payload);
  const std::uint64_t numbered =
      mix(mix(key, static_cast<std::uint64_t>(row.boot)), static_cast<std::uint64_t>(row.seq));
  if (row.has_time) return mix(numbered, static_cast<std::uint64_t>(nanos(row.time)));
  // Nothing tells a restarted counter from a repeated message but what it says.
  return row.boot == kNoNumber ? with_payload(numbered, row.payload) : numbered;
}

}  // namespace

bool ReportDedup::first(const DeviceRow& row, std::uint64_t origin, Nanos interval) {
  if (row.seq == kNoNumber && row.payload.empty()) return true;
  const bool repeats = row.seq == kNoNumber && !row.has_time;
  const std::uint64_t key = key_of(row, origin);
  const Nanos at = nanos(row.received);
  const auto known = [&](const auto& seen) {
    const auto hit = seen.find(key);
    return hit != seen.end() && (!repeats || at - hit->second < interval / 2);
  };
  if (known(recent_) || known(older_)) return false;
  if (recent_.size() >= kRemembered) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_[key] = at;
  return true;
}

std::pair<ReportDedup::Seen, ReportDedup::Seen> ReportDedup::seen() const {
  Seen newer(recent_.begin(), recent_.end()), older(older_.begin(), older_.end());
  std::sort(newer.begin(), newer.end());
  std::sort(older.begin(), older.end());
  return {std::move(newer), std::move(older)};
}

void ReportDedup::restore(const Seen& newer, const Seen& older) {
  recent_ = {newer.begin(), newer.end()};
  older_ = {older.begin(), older.end()};
}

}  // namespace slod::fleet
