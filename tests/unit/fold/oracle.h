// A second, naive reading of the rules of meaning: keeps every row in plain lists, looks through all of them
// for each join, and works out every booking from scratch at the end. Shares no code with src/fold. Histories
// must be shorter than an hour, so that nothing is ever too late to be folded. Header only: it is compiled
// into the tests that use it.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "unit/fold/fixture.h"

namespace slod::fold::test {

/// One rule broken on purpose: shows that the histories would notice.
enum class Wrong {
  kNothing,
  kSuccessDoesNotClose,
  kNoTenTimesWithin,
  kExcludedExtends,
  kNewestCommandFirst,
  kFourSecondsEarly,
  kDeadlineFromStart,
  kTimeoutOnTheDot,
  kNoDedup,
  kActorsMixed
};

class Oracle {
 public:
  Oracle(const Config& config, const Dictionary& dictionary, Wrong wrong = Wrong::kNothing)
      : config_(config), journey_(config.journeys[0]), dictionary_(dictionary), wrong_(wrong) {}

  void row(const ApiRow& api) {
    const std::uint64_t seq = ++seq_;
    if (repeated("api", api.id)) return;
    Attempt a;
    a.seq = seq;
    a.api = api;
    a.start = api.start;
    a.arrival = api.received;
    a.device = api.device;
    a.verdict = verdict(api.status);
    attempts_.push_back(a);
    if (!journey_.device) return;
    Attempt& mine = attempts_.back();
    std::size_t best = pick_command(mine);
    if (best != kNone) take(mine, commands_[best]);
    if (!mine.reply) {
      for (Reply& r : replies_) {
        if (!r.used && !r.id.empty() && r.id == api.id) {
          mine.reply = r;
          r.used = true;
          break;
        }
      }
    }
  }

  void row(const DeviceRow& d) {
    const std::uint64_t seq = ++seq_;
    if (repeated(d.kind == MessageKind::kCommand ? "command" : "reply", d.id)) return;
    const Time time = d.has_time && d.received - d.time > minutes(2) ? d.time : d.received;
    if (d.kind == MessageKind::kCommand) {
      on_command({seq, time, d.received, d.id, d.device, std::nullopt, false}, d);
    } else {
      on_reply({seq, time, d.received, d.id, d.device, dictionary_.text(d.word) == "ok", false});
    }
    close_settled();
  }

  void tick(Time at) {
    last_tick_ = at;
    for (Command& c : commands_) {
      if (c.used || c.arrival + patience() >= at) continue;
      c.used = true;
      ++unmatched_commands;
      if (c.reply) ++unmatched_replies;
    }
    for (Reply& r : replies_) {
      if (r.used || r.arrival + patience() >= at) continue;
      r.used = true;
      ++unmatched_replies;
    }
    close_settled();
  }

  /// Everything that is booked at the end, of one view.
  void book(GoodWhen leg, Ledger& events, Ledger& attempts) const {
    std::map<std::vector<std::uint64_t>, std::vector<Booked>> keys;
    for (const Attempt& a : attempts_) {
      const std::optional<Booked> b = judged(a, leg);
      if (!b) continue;
      ++attempts[line_of(b->booking)];
      const bool counts = b->booking.verdict == Verdict::kGood || b->booking.verdict == Verdict::kBad ||
                          wrong_ == Wrong::kExcludedExtends;
      const auto key = key_of(a);
      if (journey_.retry && counts && key) {
        keys[*key].push_back(*b);
      } else {
        ++events[line_of(b->booking)];
      }
    }
    for (auto& [key, all] : keys) fold(all, events);
  }

  std::uint64_t unmatched_commands = 0, unmatched_replies = 0, duplicates = 0;

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Reply {
    std::uint64_t seq;
    Time time, arrival;
    Digest id;
    StringId device;
    bool good;
    bool used;
  };
  struct Command {
    std::uint64_t seq;
    Time time, arrival;
    Digest id;
    StringId device;
    std::optional<Reply> reply;
    bool used;
  };
  struct Attempt {
    std::uint64_t seq = 0;
    std::optional<ApiRow> api;
    std::optional<Command> command;
    std::optional<Reply> reply;
    Time start, arrival;
    StringId device = 0;  // of the facts
    Verdict verdict = Verdict::kGood;
    bool closed = false;  // nothing joins it any more
  };
  struct Booked {
    std::uint64_t seq;
    Time end;
    bool has_end;
    Booking booking;
  };

  [[nodiscard]] Duration deadline() const { return journey_.device->deadline; }
  [[nodiscard]] Duration patience() const { return std::max<Duration>(minutes(10), deadline()); }
  [[nodiscard]] Duration early() const { return seconds(wrong_ == Wrong::kFourSecondsEarly ? 4 : 5); }
  static bool lacks(const Digest& a, const Digest& b) { return a.empty() || b.empty(); }
  static bool same(const Digest& a, const Digest& b) { return !a.empty() && a == b; }

  bool repeated(const std::string& kind, const Digest& id) {
    if (id.empty() || wrong_ == Wrong::kNoDedup) return false;
    if (seen_.insert({kind, id}).second) return false;
    ++duplicates;
    return true;
  }

  static Verdict verdict(int status) {
    if (status == 429 || status >= 500 || status < 100) return Verdict::kBad;
    return status >= 400 ? Verdict::kExcluded : Verdict::kGood;
  }

  // ---- joins ----
  [[nodiscard]] std::size_t pick_command(const Attempt& a) const {
    std::size_t best = kNone;
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      const Command& c = commands_[i];
      if (c.used) continue;
      if (same(c.id, a.api->id)) return i;
      const bool fits = lacks(c.id, a.api->id) && c.device == a.device && c.device != 0 &&
                        c.time >= a.start - early() && c.time <= a.start + deadline();
      if (fits &&
          (best == kNone || std::pair(c.time, c.seq) < std::pair(commands_[best].time, commands_[best].seq)))
        best = i;
    }
    return best;
  }

  void take(Attempt& a, Command& c) {
    c.used = true;
    a.command = c;
    if (c.reply && !a.reply) a.reply = c.reply;
  }

  void on_command(Command c, const DeviceRow& row) {
    std::size_t best = kNone;
    for (std::size_t i = 0; i < attempts_.size(); ++i) {
      const Attempt& a = attempts_[i];
      if (!a.api || a.command || a.closed) continue;
      if (same(c.id, a.api->id)) {
        best = i;
        break;
      }
      const bool fits = lacks(c.id, a.api->id) && c.device == a.device && c.device != 0 &&
                        c.time >= a.start - early() && c.time <= a.start + deadline();
      if (fits && (best == kNone ||
                   std::pair(a.start, a.seq) < std::pair(attempts_[best].start, attempts_[best].seq)))
        best = i;
    }
    if (best != kNone) {
      if (!attempts_[best].reply) c.reply = early_reply(c);
      take(attempts_[best], c);
    } else if (!journey_.api) {
      Attempt a;
      a.seq = c.seq;
      a.start = c.time;
      a.arrival = row.received;
      a.device = row.device;
      c.reply = early_reply(c);
      take(a, c);
      attempts_.push_back(a);
    } else {
      c.reply = early_reply(c);
      commands_.push_back(c);
    }
  }

  std::optional<Reply> early_reply(const Command& c) {
    Reply* best = nullptr;
    for (Reply& r : replies_) {
      if (r.used) continue;
      if (same(r.id, c.id)) {
        best = &r;
        break;
      }
      const bool fits = lacks(r.id, c.id) && r.device == c.device && r.time >= c.time - seconds(5) &&
                        r.time <= c.time + deadline() + patience();
      if (fits && (best == nullptr || std::pair(r.time, r.seq) < std::pair(best->time, best->seq))) best = &r;
    }
    if (best == nullptr) return std::nullopt;
    best->used = true;
    return *best;
  }

  void on_reply(Reply r) {
    for (Command& c : commands_) {
      if (!c.used && !c.reply && same(c.id, r.id)) return void(c.reply = r);
    }
    for (Attempt& a : attempts_) {
      if (!a.closed && !a.reply && a.command && same(a.command->id, r.id)) return void(a.reply = r);
    }
    for (Attempt& a : attempts_) {
      if (!a.closed && !a.reply && a.api && same(a.api->id, r.id)) return void(a.reply = r);
    }
    std::optional<Reply>* best = nullptr;
    const Command* best_command = nullptr;
    const auto offer = [&](const Command& c, std::optional<Reply>& slot) {
      if (slot || !lacks(c.id, r.id) || c.device != r.device || r.time < c.time - seconds(5) ||
          r.time > c.time + deadline() + patience())
        return;
      bool better = best_command == nullptr ||
                    std::pair(c.time, c.seq) < std::pair(best_command->time, best_command->seq);
      if (wrong_ == Wrong::kNewestCommandFirst && best_command != nullptr) better = !better;
      if (!better) return;
      best = &slot;
      best_command = &c;
    };
    for (Command& c : commands_) {
      if (!c.used) offer(c, c.reply);
    }
    for (Attempt& a : attempts_) {
      if (a.command && !a.closed) offer(*a.command, a.reply);
    }
    if (best != nullptr) {
      *best = r;
    } else {
      replies_.push_back(r);
    }
  }

  /// An attempt that no reply can change waits for a late command only as long as a leg would.
  void close_settled() {
    for (Attempt& a : attempts_) {
      if (!journey_.device) continue;
      const bool good = !a.api || a.verdict == Verdict::kGood;
      const bool needed = journey_.good_when == GoodWhen::kAll ? good : a.verdict != Verdict::kExcluded;
      const bool awaits = a.reply ? !judged_device(a).has_value()
                                  : (journey_.good_when != GoodWhen::kApi && needed) || good || a.command;
      const bool complete = a.reply && a.command && !awaits;
      if (complete || (!awaits && last_tick_ > a.arrival + patience())) a.closed = true;
    }
  }

  // ---- verdicts ----
  struct Said {
    Verdict verdict;
    Outcome outcome;
    Time end;
    bool has_end = true;
  };

  [[nodiscard]] Said judged_api(const Attempt& a) const {
    const bool timed = a.api->latency != kNoLatency;
    const Outcome outcome = a.verdict == Verdict::kGood  ? Outcome::kOk
                            : a.verdict == Verdict::kBad ? Outcome::kHttpError
                                                         : Outcome::kExcluded;
    return {a.verdict, outcome, a.start + (timed ? a.api->latency : Duration(0)), timed};
  }

  [[nodiscard]] std::optional<Said> judged_device(const Attempt& a) const {
    const bool from_command = a.command && wrong_ != Wrong::kDeadlineFromStart;
    const Time end = (from_command ? a.command->time : a.start) + deadline();
    if (a.reply && a.reply->time <= end) {
      if (a.reply->good) return Said{Verdict::kGood, Outcome::kOk, a.reply->time};
      return Said{Verdict::kBad, Outcome::kDeviceRefused, a.reply->time};
    }
    if (a.reply && a.reply->good) return Said{Verdict::kBad, Outcome::kLateOk, a.reply->time};
    const bool past = wrong_ == Wrong::kTimeoutOnTheDot ? last_tick_ >= end : last_tick_ > end;
    if (past) return Said{Verdict::kBad, Outcome::kDeviceTimeout, end};
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Said> judged_whole(const Attempt& a) const {
    if (!journey_.device || (a.api && journey_.good_when == GoodWhen::kApi)) return judged_api(a);
    if (!a.api) return judged_device(a);
    const bool both = journey_.good_when == GoodWhen::kAll;
    if (a.verdict == Verdict::kExcluded || (both && a.verdict == Verdict::kBad)) return judged_api(a);
    std::optional<Said> said = judged_device(a);
    if (said && both && said->outcome != Outcome::kDeviceTimeout)
      said->end = std::max(said->end, judged_api(a).end);
    return said;
  }

  [[nodiscard]] std::optional<Booked> judged(const Attempt& a, GoodWhen leg) const {
    std::optional<Said> said;
    if (leg == GoodWhen::kAll) said = judged_whole(a);
    if (leg == GoodWhen::kApi && a.api) said = judged_api(a);
    if (leg == GoodWhen::kDevice && journey_.device &&
        (!a.api || a.verdict == Verdict::kGood || a.command || a.reply))
      said = judged_device(a);
    if (!said) return std::nullopt;
    Booking b;
    b.view = {0, leg};
    b.start = a.start;
    b.slot = slot_of(a.start);
    b.latency = said->has_end ? std::max(said->end - a.start, Duration(0)) : kNoLatency;
    b.verdict = said->verdict;
    b.outcome = said->outcome;
    b.timed_out = said->outcome == Outcome::kDeviceTimeout;
    b.actor = actor(a);
    b.labels = a.api ? a.api->labels : 0;  // the journeys here keep every label
    b.device = a.device;
    b.route = a.api ? a.api->route : 0;
    b.status = a.api ? a.api->status : 0;
    return Booked{a.seq, said->end, said->has_end, b};
  }

  // ---- retry ----
  [[nodiscard]] ActorIndex actor(const Attempt& a) const {
    const std::string_view app = a.api ? label(a, "app") : "";
    if (app == "ops-ios" || app == "ops-web") return 0;
    return app == "ios" || app == "android" ? 1 : kUnknownActor;
  }
  [[nodiscard]] std::string_view label(const Attempt& a, const char* key) const {
    return dictionary_.text(dictionary_.value(a.api->labels, dictionary_.find(key)));
  }
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> key_of(const Attempt& a) const {
    std::vector<std::uint64_t> key;
    if (wrong_ != Wrong::kActorsMixed) key.push_back(static_cast<std::uint64_t>(actor(a) + 1));
    if (!journey_.retry) return std::nullopt;
    for (const std::string& by : journey_.retry->by) {
      std::uint64_t value = 0;
      if (by == "device") value = a.device;
      if (by == "user") value = a.api ? a.api->user : 0;
      if (by == "area") value = a.api ? dictionary_.find(label(a, "area")) : 0;
      if (value == 0) return std::nullopt;
      key.push_back(value);
    }
    return key;
  }

  void fold(std::vector<Booked> all, Ledger& events) const {
    std::sort(all.begin(), all.end(), [](const Booked& a, const Booked& b) {
      return std::pair(a.booking.start, a.seq) < std::pair(b.booking.start, b.seq);
    });
    const Duration within = journey_.retry->within;
    while (!all.empty()) {
      std::vector<Booked> event{all.front()};
      all.erase(all.begin());
      for (auto next = all.begin(); next != all.end();) {
        const bool closed = wrong_ != Wrong::kSuccessDoesNotClose &&
                            std::any_of(event.begin(), event.end(),
                                        [](const Booked& b) { return b.booking.verdict == Verdict::kGood; });
        Time latest = Time::min();
        for (const Booked& b : event) latest = std::max(latest, std::max(b.end, b.booking.start));
        const bool near = next->booking.start <= latest + within;
        const bool in_all = wrong_ == Wrong::kNoTenTimesWithin ||
                            next->booking.start <= event.front().booking.start + 10 * within;
        if (closed || !near || !in_all) break;
        event.push_back(*next);
        next = all.erase(next);
      }
      ++events[line_of(event_of(event))];
    }
  }

  [[nodiscard]] static Booking event_of(const std::vector<Booked>& fold) {
    Booking b = fold.front().booking;
    const Booked* decider = &fold.back();
    for (const Booked& one : fold) {
      if (one.booking.verdict == Verdict::kGood) {
        decider = &one;
        break;
      }
    }
    b.verdict = decider->booking.verdict;
    b.outcome = decider->booking.outcome;
    b.timed_out = decider->booking.timed_out;
    b.status = decider->booking.status;
    b.latency = decider->has_end ? std::max(decider->end, decider->booking.start) - b.start : kNoLatency;
    b.attempts = static_cast<std::uint32_t>(fold.size());
    return b;
  }

  const Config& config_;
  const JourneyConfig& journey_;
  const Dictionary& dictionary_;
  Wrong wrong_;
  std::uint64_t seq_ = 0;
  Time last_tick_ = Time::min();
  std::vector<Attempt> attempts_;
  std::vector<Command> commands_;
  std::vector<Reply> replies_;
  std::set<std::pair<std::string, Digest>> seen_;
};

}  // namespace slod::fold::test
