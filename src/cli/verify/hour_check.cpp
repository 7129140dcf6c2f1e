#include "cli/verify/hour_check.h"

#include <algorithm>
#include <filesystem>

#include "slod/config/retention.h"
#include "slod/engine/engine.h"

namespace slod::cli {
namespace {

constexpr std::int64_t kDay = 24;
/// Read at once: the daemon's writer waits for each reading.
constexpr std::int64_t kPortion = 31 * kDay;
/// So far ahead of its tick an hour is looked for: clocks of senders that run ahead.
constexpr std::int64_t kAhead = 2 * kDay;
constexpr int kTries = 5;
constexpr std::size_t kMostHours = 3;

bool same(const journal::TotalsKept& a, const journal::TotalsKept& b) {
  return a.edition == b.edition && a.until == b.until;
}

/// The first hour whose events, and what led to them, are all in the journal: a day is more than a retry or
/// a device's answer waits.
std::int64_t whole_from(Time rows_since) {
  return rows_since == Time{} ? 0 : (day_of_hour(hour_of(rows_since)) + 2) * kDay;
}

}  // namespace

HourCheck::HourCheck(const std::string& state, const Config& config)
    : dir_(state + "/journal"), state_(state), config_(config) {
  for (const SloConfig& slo : config.slos) {
    Asked& asked = asked_[engine::measure_of(config, slo)];
    asked.slos += (asked.slos.empty() ? "" : ", ") + slo.name;
    asked.fleet = slo.journey < 0;
    asked.device_labels = asked.device_labels || config::has_device_labels(config, slo);
  }
}

void HourCheck::read() {
  std::error_code error;
  if (!std::filesystem::exists(journal::totals_path(dir_), error)) {
    findings_.notes.push_back("there are no hourly totals in " + dir_ + ": they are not compared");
    return;
  }
  for (int n = 0; n < kTries; ++n) {
    const Result<bool> read = read_all();
    if (!read) return failed(read.error().message);
    if (*read) return;
  }
  kept_.reset();
  findings_.notes.emplace_back("the hourly totals changed while they were read: not compared, ask again");
}

void HourCheck::failed(const std::string& error) {
  kept_.reset();
  std::error_code ignored;
  if (std::filesystem::exists(journal::totals_path(dir_) + "-journal", ignored)) {
    findings_.notes.push_back(
        "the hourly totals are being written, or slod ended while they were; its next "
        "start sees to that. They are not compared: " +
        error);
  } else {
    findings_.differences.push_back("hourly totals: " + error);
  }
}

Result<journal::TotalsKept> HourCheck::kept_now() const {
  auto read = journal::read_totals(dir_, {"", 0, 1});
  if (!read) return read.error();
  return read->kept;
}

/// False: they changed meanwhile.
Result<bool> HourCheck::read_all() {
  const auto kept = kept_now();
  if (!kept) return kept.error();
  const auto rows_since = journal::rows_since(dir_);
  if (!rows_since) return rows_since.error();
  stored_.clear();
  kept_ = *kept;
  if (kept_->until == Time{}) return true;
  const Time oldest = kept_->until - journal::JournalOptions{}.keep_minutes;
  from_ = std::max(whole_from(*rows_since), day_of_hour(hour_of(oldest)) * kDay);
  to_ = hour_of(kept_->until) + kAhead;
  for (const auto& [measure, asked] : asked_) {
    for (std::int64_t from = from_; from < to_; from += kPortion) {
      const auto read = journal::read_totals(dir_, {measure, from, std::min(from + kPortion, to_)});
      if (!read) return read.error();
      if (!same(read->kept, *kept_)) return false;
      for (const SeriesHours& series : read->series) stored_.add(measure, series);
    }
  }
  return true;
}

daemon::HoursTo HourCheck::hears() {
  return {[this] {
            refolded_.clear();
            told_ = false;
          },
          [this](const HourlyTotals& totals) {
            if (!kept_ || totals.until > kept_->until) return;
            told_ = totals.until == kept_->until;
            for (const MeasureHours& measure : totals.measures) {
              for (const SeriesHours& series : measure.series) refolded_.add(measure.measure, series);
            }
          }};
}

std::string HourCheck::in_the_way(const daemon::JournalFold& fold, const daemon::HistoryView& history,
                                  Time config_since) const {
  if (history.blocks != fold.history_noted()) {
    return "they hold " + std::to_string(fold.history_noted()) + " blocks of history, there are " +
           std::to_string(history.blocks) + " now";
  }
  if (config_since > kept_->until) {
    return "the config of " + format_rfc3339(config_since) +
           " is newer than they are. From the next full hour on they can be";
  }
  const auto now = kept_now();
  if (!now || now->edition != kept_->edition) return "the daemon counted the past anew meanwhile: ask again";
  if (!told_) return "they reach " + format_rfc3339(kept_->until) + ", and the refold tells no hours then";
  return "";
}

HourFindings HourCheck::compare(daemon::JournalFold& fold, const daemon::HistoryView& history,
                                Time config_since) {
  if (!kept_ || kept_->until == Time{}) return findings_;
  if (kept_->position > fold.position()) {
    findings_.differences.push_back("hourly totals: they count up to group " +
                                    std::to_string(kept_->position) + ", the journal beside them ends at " +
                                    std::to_string(fold.position()) +
                                    ": put both back from one backup (slod restore)");
    return findings_;
  }
  if (const std::string why = in_the_way(fold, history, config_since); !why.empty()) {
    findings_.notes.push_back("the hourly totals are not compared: " + why);
    return findings_;
  }
  // Once more: the daemon may have dropped a segment while we read.
  const auto rows_since = journal::rows_since(dir_);
  if (!rows_since) {
    failed(rows_since.error().message);
    return findings_;
  }
  compare_all(fold, std::max(from_, whole_from(std::max(*rows_since, history.rows_since))));
  return findings_;
}

/// What was sealed after the totals reach is final where they may not be yet; what devices said before is
/// gone.
std::int64_t HourCheck::first_hour(const Asked& asked, daemon::JournalFold& fold, std::int64_t from) const {
  const Time sealed = fold.sealing().until();
  if (asked.fleet && fold.sealing().position() > kept_->position) from = std::max(from, hour_of(sealed) + 1);
  if (!asked.device_labels) return from;
  return std::max(from,
                  hour_of(std::max(sealed, fold.stamp() - config::fleet_rows_kept(config_))) + 1 + kDay);
}

void HourCheck::compare_all(daemon::JournalFold& fold, std::int64_t from) {
  for (const auto& [measure, asked] : asked_) {
    const HourDifferences found = compare_hours(stored_.of(measure), refolded_.of(measure),
                                                {first_hour(asked, fold, from), to_}, kMostHours);
    findings_.compared += found.compared;
    if (found.differ == 0) continue;
    std::string line = "hourly totals: " + asked.slos + ": " + std::to_string(found.differ) +
                       (found.differ == 1 ? " hour differs: " : " hours differ: ");
    for (const std::string& hour : found.first) line += (&hour == found.first.data() ? "" : "; ") + hour;
    if (found.differ > found.first.size()) line += "; ...";
    findings_.differences.push_back(std::move(line));
  }
  if (findings_.differences.empty()) return;
  findings_.notes.push_back(
      "hourly totals that differ are counted anew from the journal by a start without a "
      "checkpoint: stop slod, remove " +
      state_ + "/checkpoint, start it");
}

}  // namespace slod::cli
