#include "slod/fold/fold.h"

#include <algorithm>

#include "fold/dedup.h"
#include "fold/join.h"

namespace slod::fold {
namespace {

constexpr std::uint8_t kApiKind = 255;  // beside the message kinds

}  // namespace

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kHttpError:
      return "http_error";
    case Outcome::kDeviceTimeout:
      return "device_timeout";
    case Outcome::kDeviceRefused:
      return "device_refused";
    case Outcome::kLateOk:
      return "late_ok";
    case Outcome::kUnobserved:
      return "unobserved";
    case Outcome::kExcluded:
      return "excluded";
  }
  return "";
}

struct Fold::Impl {
  Impl(const Config& config_given, Dictionary& dictionary_given, const DeviceDirectory& devices,
       const std::vector<View>& views, BookingSink& sink_given)
      : config(config_given),
        dictionary(dictionary_given),
        sink(sink_given),
        plan(config, dictionary, devices, views, sink),
        maker(config, dictionary, plan),
        join(config, plan, maker, counters) {}

  /// Requires: a non-empty id.
  bool is_first(StringId source, std::uint8_t kind, const Digest& id, Time received) {
    if (dedup.first(source, kind, id, received)) return true;
    ++counters.duplicates[std::string(dictionary.text(source))];
    return false;
  }

  /// True if a tick has passed the slot; then the record shows in its source's accepted_late.
  bool note_late(StringId source, Slot booked) {
    if (booked >= passed) return false;
    ++late_of(source);
    return true;
  }

  /// Late records come in crowds, of one source.
  std::uint64_t& late_of(StringId source) {
    if (late_counter == nullptr || source != late_source) {
      late_counter = &counters.accepted_late[std::string(dictionary.text(source))];
      late_source = source;
    }
    return *late_counter;
  }

  Time start_of(const ApiRow& row) {
    if (row.start <= row.received + kFutureLimit) return row.start;
    ++counters.clamped_future;
    return row.received;
  }

  bool apply(const ApiRow& row) {
    now = std::max(now, row.received);
    if (!row.id.empty() && !is_first(row.source, kApiKind, row.id, row.received)) return false;
    ++seq;
    const Time start = start_of(row);
    const Slot slot = slot_of(start);
    const bool late = note_late(row.source, slot);
    Journey* journey = plan.journey_of(row.source, row.route);
    if (journey == nullptr) return true;
    if (journey->plain) {
      book_plain(*journey, row, {start, slot, late});
    } else {
      attempt(*journey, row, {start, slot, late});
    }
    return true;
  }

  /// Few label sets and their series are near anyway.
  static constexpr LabelSetId kFewLabelSets = 4096;
  void prefetch(const ApiRow& row) const {
    if (!row.id.empty()) dedup.prefetch(row.source, kApiKind, row.id);
    if (row.labels < kFewLabelSets) return;
    const Journey* journey = plan.journey_of(row.source, row.route);
    const auto labels = journey == nullptr ? std::nullopt : journey->labels.guess(row.labels);
    if (!labels) return;
    for (const Booker& booker : journey->bookers) sink.expect(booker.view(), *labels);
  }

  struct When {
    Time start;
    Slot slot = 0;
    bool late = false;
  };
  void book_plain(Journey& journey, const ApiRow& row, const When& when) {
    Booking booking;
    booking.start = when.start;
    booking.slot = when.slot;
    booking.late = when.late;
    booking.latency = row.latency == kNoLatency ? kNoLatency : std::max(row.latency, Duration(0));
    booking.verdict = journey.status->verdict(row.status, row.latency, row.labels);
    booking.outcome = outcome_of(booking.verdict);
    booking.actor = maker.actor_of(row.labels);
    booking.labels = journey.labels.of(row.labels, row.device, when.start);
    booking.device = row.device;
    booking.route = row.route;
    booking.status = row.status;
    for (Booker& booker : journey.bookers) booker.book_plain(booking, now);
  }
  static Outcome outcome_of(Verdict verdict) {
    if (verdict == Verdict::kBad) return Outcome::kHttpError;
    return verdict == Verdict::kExcluded ? Outcome::kExcluded : Outcome::kOk;
  }

  void attempt(Journey& journey, const ApiRow& row, const When& when) {
    AttemptFacts facts;
    facts.seq = seq;
    facts.start = when.start;
    facts.arrival = row.received;
    facts.device = row.device;
    facts.route = row.route;
    facts.status = row.status;
    facts.late = when.late;
    maker.name(facts, journey, row.user, row.labels);
    const bool timed = row.latency != kNoLatency;
    const ApiPart part{journey.status->verdict(row.status, row.latency, row.labels), timed,
                       facts.start + (timed ? row.latency : Duration(0)), row.id};
    if (journey.config->device) {
      join.api(journey, facts, part, now);
    } else {
      book_at_once(journey, facts, part);
    }
  }

  /// One leg decides: nothing is kept but what retry needs.
  void book_at_once(Journey& journey, const AttemptFacts& facts, const ApiPart& part) {
    const Decision decision{true, part.has_latency, part.verdict, outcome_of(part.verdict), part.end, {}};
    bool unfolded = false;
    for (Booker& booker : journey.bookers) {
      if (booker.view().leg == GoodWhen::kDevice) continue;
      Placed placed;
      unfolded = booker.decide(facts, placed, decision, now) || unfolded;
    }
    if (unfolded) ++counters.late_unfolded[journey.config->name];
  }

  bool apply(const DeviceRow& row) {
    now = std::max(now, row.received);
    if (row.kind != MessageKind::kCommand && row.kind != MessageKind::kReply) return true;
    if (!row.id.empty() && !is_first(row.source, static_cast<std::uint8_t>(row.kind), row.id, row.received))
      return false;
    const bool backlog = row.has_time && row.received - row.time > kBacklogAge;
    const Time time = backlog ? row.time : row.received;
    const bool late = note_late(row.source, slot_of(time));
    const auto source = plan.source_index(row.source);
    if (!source) return true;
    const DevicePart part{*source, row.device, row.word, row.id, time, row.received, ++seq, late, row.labels};
    if (row.kind == MessageKind::kCommand) {
      join.command(part, now);
    } else {
      join.reply(part, now);
    }
    return true;
  }

  void tick(Time at) {
    now = std::max(now, at);
    passed = slot_of(at);
    join.tick(at);
    for (Journey& journey : plan.journeys()) {
      for (Booker& booker : journey.bookers) booker.forget(now);
    }
  }

  /// Not the caches of plan and maker: what they ask the dictionary for is in it.
  template <class A>
  void io(A& a) {
    if constexpr (A::kReads) late_counter = nullptr;  // it points into counters
    a(counters, dedup, join, seq, now, passed);
    for (Journey& journey : plan.journeys()) archive::in_place(a, journey.bookers);
  }

  const Config& config;
  Dictionary& dictionary;
  BookingSink& sink;
  FoldCounters counters;
  Dedup dedup;
  Plan plan;
  AttemptMaker maker;
  Join join;
  StringId late_source = 0;
  std::uint64_t* late_counter = nullptr;
  std::uint64_t seq = 0;
  Time now = Time::min() + hours(24 * 365);        // room for subtraction
  Slot passed = std::numeric_limits<Slot>::min();  // slots before it were passed by the last tick
};

Fold::Fold(const Config& config, Dictionary& dictionary, const DeviceDirectory& devices,
           std::vector<View> views, BookingSink& sink) {
  std::sort(views.begin(), views.end());
  views.erase(std::unique(views.begin(), views.end()), views.end());
  impl_ = std::make_unique<Impl>(config, dictionary, devices, views, sink);
}

Fold::~Fold() = default;

bool Fold::apply(const ApiRow& row) {
  return impl_->apply(row);
}

void Fold::prefetch(const ApiRow& row) const {
  impl_->prefetch(row);
}

bool Fold::apply(const DeviceRow& row) {
  return impl_->apply(row);
}

void Fold::tick(Time at) {
  impl_->tick(at);
}

void Fold::source_unobserved(StringId source, Time from, Time to) {
  for (std::size_t i = 0; i < impl_->config.sources.size(); ++i) {
    if (source == 0 || impl_->plan.source_index(source) == i)
      impl_->join.source_unobserved(i, from, to, impl_->now);
  }
}

void Fold::io(archive::Writer& a) {
  impl_->io(a);
}
void Fold::io(archive::Reader& a) {
  impl_->io(a);
}

const FoldCounters& Fold::counters() const {
  return impl_->counters;
}

}  // namespace slod::fold
