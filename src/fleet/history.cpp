#include "history.h"

#include <algorithm>

namespace slod::fleet {
namespace {

using Offset = std::ptrdiff_t;

std::span<const double> values_of(const History& history, std::size_t report, std::size_t checks) {
  return std::span(history.values).subspan(report * checks, checks);
}

}  // namespace

bool History::insert(const Report& report, std::span<const double> report_values) {
  const auto after = std::upper_bound(reports.begin(), reports.end(), report.time,
                                      [](Nanos time, const Report& r) { return time < r.time; });
  const bool newest = after == reports.end();
  const auto place = (after - reports.begin()) * static_cast<Offset>(report_values.size());
  reports.insert(after, report);
  values.insert(values.begin() + place, report_values.begin(), report_values.end());
  return newest;
}

std::size_t History::before(Nanos at) const {
  const auto kept = std::lower_bound(reports.begin(), reports.end(), at,
                                     [](const Report& r, Nanos time) { return r.time < time; });
  return static_cast<std::size_t>(kept - reports.begin());
}

void History::trim(Rules& rules, Nanos horizon, std::size_t cap) {
  const bool full = reports.size() >= cap;
  if (!full && reports.size() < reports.capacity()) return;  // nothing to gain yet
  std::size_t drop = before(horizon);
  if (full) drop = std::max(drop, cap / 4);
  if (drop == 0) return;
  fold(rules, drop);
  std::erase_if(closed, [&](const Outage& o) { return o.to < horizon; });
}

void History::close(Rules& rules, Nanos until) {
  fold(rules, before(until));
  if (base.time != kAlways) base.time = std::max(base.time, until - 1);
}

void History::fold(Rules& rules, std::size_t drop) {
  if (drop == 0) return;
  const std::size_t checks = rules.value_checks();
  base_checks.resize(checks);
  for (std::size_t i = 0; i < drop; ++i) {
    step(rules, base, base_checks, reports[i], values_of(*this, i, checks));
  }
  reports.erase(reports.begin(), reports.begin() + static_cast<Offset>(drop));
  values.erase(values.begin(), values.begin() + static_cast<Offset>(drop * checks));
}

void Reader::open(const History& history) {
  history_ = &history;
  next_ = 0;
  fields_ = history.base;
  checks_ = history.base_checks;
  checks_.resize(rules_.value_checks());
}

void Reader::advance(Nanos end) {
  const std::vector<Report>& reports = history_->reports;
  for (; next_ < reports.size() && reports[next_].time < end; ++next_) {
    step(rules_, fields_, checks_, reports[next_], values_of(*history_, next_, checks_.size()));
  }
}

Nanos Reader::next_time() const {
  return next_ < history_->reports.size() ? history_->reports[next_].time : kNever;
}

}  // namespace slod::fleet
