#include "fold/retry.h"

#include <algorithm>
#include <tuple>

namespace slod::fold {

RetryFolder::RetryFolder(View view, Duration within, Duration horizon, BookingSink& sink)
    : view_(view), within_(within), horizon_(horizon), sink_(sink) {}

RetryFolder::Member RetryFolder::member_of(const AttemptFacts& facts, const Decision& decision) {
  Member member;
  member.seq = facts.seq;
  member.start = facts.start;
  member.end = std::max(decision.end, facts.start);
  member.arrival = facts.arrival;
  member.labels = facts.labels;
  member.device = facts.device;
  member.route = facts.route;
  member.status = facts.status;
  member.good = decision.verdict == Verdict::kGood;
  member.has_end = decision.has_end;
  member.late = facts.late;
  member.outcome = decision.outcome;
  member.condition = decision.condition;
  return member;
}

/// Where (start, seq) stands or belongs.
std::size_t RetryFolder::position(const Key& key, Time start, std::uint64_t seq) {
  const auto before = [](const Member& m, const std::pair<Time, std::uint64_t>& at) {
    return std::tie(m.start, m.seq) < std::tie(at.first, at.second);
  };
  const auto& all = key.members;
  if (all.empty() || before(all.back(), {start, seq})) return all.size();
  const auto found = std::lower_bound(all.begin(), all.end(), std::pair(start, seq), before);
  return static_cast<std::size_t>(found - all.begin());
}

bool RetryFolder::joins(const Key& key, const Span& span, const Member& member) const {
  return !span.good && member.start <= span.latest_end + within_ &&
         member.start <= key.members[span.first].start + 10 * within_;
}

void RetryFolder::append_to_folds(Key& key, std::uint32_t at) const {
  const Member& member = key.members[at];
  if (!key.spans.empty() && joins(key, key.spans.back(), member)) {
    Span& span = key.spans.back();
    span.good = member.good;
    span.latest_end = std::max(span.latest_end, member.end);
    span.oldest_arrival = std::min(span.oldest_arrival, member.arrival);
  } else {
    key.spans.push_back({at, member.good, member.end, member.arrival});
  }
}

void RetryFolder::refold(Key& key, std::size_t from_span) const {
  const std::size_t first = from_span < key.spans.size() ? key.spans[from_span].first : 0;
  key.spans.resize(std::min(from_span, key.spans.size()));
  for (std::size_t at = first; at < key.members.size(); ++at)
    append_to_folds(key, static_cast<std::uint32_t>(at));
}

/// Drops the folds that can no longer change. They bind nobody: what comes later is folded without them.
void RetryFolder::freeze(Key& key, Time now) const {
  if (key.oldest_arrival > now - horizon_) return;
  std::vector<Member> members;
  std::vector<Span> spans;
  key.oldest_arrival = Time::max();
  key.newest_arrival = Time::min();
  for (std::size_t i = 0; i < key.spans.size(); ++i) {
    Span span = key.spans[i];
    if (span.oldest_arrival <= now - horizon_) continue;
    const std::size_t end = i + 1 < key.spans.size() ? key.spans[i + 1].first : key.members.size();
    const std::size_t begin = span.first;
    span.first = static_cast<std::uint32_t>(members.size());
    spans.push_back(span);
    for (std::size_t at = begin; at < end; ++at) {
      members.push_back(key.members[at]);
      key.newest_arrival = std::max(key.newest_arrival, members.back().arrival);
    }
    key.oldest_arrival = std::min(key.oldest_arrival, span.oldest_arrival);
  }
  key.members.swap(members);
  key.spans.swap(spans);
}

void RetryFolder::events(const RetryKey& who, const Key& key, std::size_t from_span,
                         std::vector<Event>& out) const {
  out.clear();
  for (std::size_t i = from_span; i < key.spans.size(); ++i) {
    const std::size_t end = i + 1 < key.spans.size() ? key.spans[i + 1].first : key.members.size();
    const Member& first = key.members[key.spans[i].first];
    const Member& last = key.members[end - 1];
    Booking event;
    event.view = view_;
    event.start = first.start;
    event.slot = slot_of(first.start);
    event.latency = last.has_end ? last.end - first.start : kNoLatency;
    event.verdict = last.good ? Verdict::kGood : Verdict::kBad;
    event.outcome = last.outcome;
    event.timed_out = last.outcome == Outcome::kDeviceTimeout;
    event.late = first.late;
    event.actor = who.actor;
    event.labels = first.labels;
    event.device = first.device;
    event.route = first.route;
    event.status = last.status;
    event.condition = last.condition;
    event.attempts = static_cast<std::uint32_t>(end - key.spans[i].first);
    out.push_back({first.seq, event});
  }
}

/// Withdraws what stood before and no longer does, then books what is new.
void RetryFolder::rebook() {
  book_missing(before_, after_, -1);
  book_missing(after_, before_, +1);
}

/// Books those of `events` that are not among `others`; both are in the order of (start, arrival) of first
/// attempts.
void RetryFolder::book_missing(const std::vector<Event>& events, const std::vector<Event>& others, int sign) {
  const auto rank = [](const Event& e) { return std::pair(e.booking.start, e.first_seq); };
  auto other = others.begin();
  for (const Event& event : events) {
    while (other != others.end() && rank(*other) < rank(event)) ++other;
    const bool stays =
        other != others.end() && other->first_seq == event.first_seq && other->booking == event.booking;
    if (!stays) sink_.book_event(event.booking, sign);
  }
}

/// Changes the member at `at` by `edit`, and refolds from the fold of its predecessor on.
template <typename Edit>
void RetryFolder::change(const RetryKey& who, Key& key, std::size_t at, Edit edit) {
  const std::size_t neighbour = at == 0 ? 0 : at - 1;
  std::size_t span = key.spans.size();
  while (span > 0 && key.spans[span - 1].first > neighbour) --span;
  if (span > 0) --span;
  events(who, key, span, before_);
  edit(key.members);
  refold(key, span);
  events(who, key, span, after_);
  rebook();
}

void RetryFolder::insert(const AttemptFacts& facts, const Decision& decision, Time now) {
  const auto [entry, is_new] = keys_.try_emplace(facts.key);
  if (is_new) ages_.emplace_back(facts.arrival, facts.key);
  Key& key = entry->second;
  freeze(key, now);
  key.oldest_arrival = std::min(key.oldest_arrival, facts.arrival);
  key.newest_arrival = std::max(key.newest_arrival, facts.arrival);
  const std::size_t at = position(key, facts.start, facts.seq);
  change(facts.key, key, at, [&](std::vector<Member>& members) {
    members.insert(members.begin() + static_cast<std::ptrdiff_t>(at), member_of(facts, decision));
  });
}

bool RetryFolder::holds(const AttemptFacts& facts, Time now) {
  const auto entry = keys_.find(facts.key);
  if (entry == keys_.end()) return false;
  Key& key = entry->second;
  freeze(key, now);
  const std::size_t at = position(key, facts.start, facts.seq);
  return at < key.members.size() && key.members[at].seq == facts.seq;
}

void RetryFolder::replace(const AttemptFacts& facts, const Decision& decision, Time now) {
  Key& key = keys_.find(facts.key)->second;
  freeze(key, now);
  const std::size_t at = position(key, facts.start, facts.seq);
  change(facts.key, key, at, [&](std::vector<Member>& members) { members[at] = member_of(facts, decision); });
}

void RetryFolder::erase(const AttemptFacts& facts, Time now) {
  Key& key = keys_.find(facts.key)->second;
  freeze(key, now);
  const std::size_t at = position(key, facts.start, facts.seq);
  change(facts.key, key, at, [&](std::vector<Member>& members) {
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
  });
}

void RetryFolder::forget(Time now) {
  while (!ages_.empty() && ages_.front().first <= now - horizon_) {
    const RetryKey who = ages_.front().second;
    ages_.pop_front();
    const auto entry = keys_.find(who);
    Key& key = entry->second;
    freeze(key, now);
    if (key.members.empty()) {
      keys_.erase(entry);
    } else {
      ages_.emplace_back(key.newest_arrival, who);
    }
  }
}

}  // namespace slod::fold
