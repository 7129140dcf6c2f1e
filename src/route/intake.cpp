#include "slod/route/intake.h"

#include <algorithm>
#include <set>

#include "route/label_cache.h"
#include "route/path_pattern.h"
#include "route/user_hash.h"
#include "slod/decode/decoder.h"

namespace slod::route {
namespace {

constexpr std::size_t kMostErrors = 20;
constexpr std::size_t kMostSamples = 8;
// Of a batch's requests without a journey: to make a pattern of each would cost as much as to find its route.
constexpr std::size_t kAllLooked = 32, kThenEach = 16;

/// Which messages of one source anybody asked for.
struct Interest {
  bool fleet = false;  ///< the source tells how devices are
  bool leg = false;    ///< the source carries a journey's device leg
  std::set<std::string, std::less<>> commands;

  Interest(const Config& config, const std::string& source) {
    for (const JourneyConfig& journey : config.journeys) {
      if (!journey.device || journey.device->source != source) continue;
      leg = true;
      commands.insert(journey.device->command);
    }
    if (config.fleet)
      fleet = std::count(config.fleet->sources.begin(), config.fleet->sources.end(), source) > 0;
  }
  [[nodiscard]] bool wants(MessageRule::Is is, std::string_view word) const {
    switch (is) {
      case MessageRule::Is::kCommand:
        return commands.find(word) != commands.end();
      case MessageRule::Is::kReply:
        return leg || fleet;
      default:
        return fleet;
    }
  }
};

MessageKind kind_of(MessageRule::Is is) {
  switch (is) {
    case MessageRule::Is::kReport:
      return MessageKind::kReport;
    case MessageRule::Is::kPresence:
      return MessageKind::kPresence;
    case MessageRule::Is::kCommand:
      return MessageKind::kCommand;
    case MessageRule::Is::kReply:
      return MessageKind::kReply;
  }
  return MessageKind::kReport;
}

std::vector<LabelCache> caches_for(const SourceConfig& source, const decode::Decoder& decoder) {
  std::vector<LabelCache> caches;
  if (source.format) caches.emplace_back(decoder.label_names());
  for (std::size_t rule = 0; rule < source.messages.size(); ++rule)
    caches.emplace_back(decoder.label_names(rule));
  return caches;
}

std::vector<LabelCache> value_caches_for(const SourceConfig& source) {
  std::vector<LabelCache> caches;
  for (const MessageRule& rule : source.messages) caches.emplace_back(rule.values);
  return caches;
}

}  // namespace

struct Intake::Impl final : decode::RecordVisitor {
  Impl(const Config& config, const SourceConfig& source_config, const Router& shared_router,
       std::uint64_t key)
      : source(source_config),
        router(shared_router),
        routes(shared_router.find(source_config.name)),
        user_key(key),
        keep_journeys(config.state.keep_journeys),
        keep_fleet(config.state.keep_fleet),
        decoder(source_config),
        interest(config, source_config.name),
        label_caches(caches_for(source_config, decoder)),
        value_caches(value_caches_for(source_config)),
        route_ids(config.journeys.size()) {
    if (!config.server.show_devices) known_words = words_of_routes(config);
  }

  void begin(Time received_at, RecordBatch& into) {
    batch = &into;
    dictionary = &into.dictionary;
    received = received_at;
    report = {};
    unmatched = 0;
    source_id = dictionary->intern(source.name);
    for (LabelCache& cache : label_caches) cache.reset();
    for (LabelCache& cache : value_caches) cache.reset();
    std::fill(route_ids.begin(), route_ids.end(), 0);
  }
  IntakeReport finish() {
    batch = nullptr;
    return std::move(report);
  }

  /// When a record arrived. False: a replay ends before it.
  bool arrive(Time stamp, Time& arrival) {
    arrival = received;
    if (!replay) return true;
    arrival = std::max(stamp, newest.value_or(stamp));
    if (history_now) arrival = std::min(arrival, *history_now);
    if (until && arrival >= *until) {
      report.reached_until = true;
      return false;
    }
    if (!oldest) oldest = arrival;
    newest = arrival;
    return true;
  }

  bool on_log(const decode::LogRecord& record) override {
    Time arrival;
    if (!arrive(record.stamp, arrival)) return false;
    ++report.records;
    const Match match = router.match(routes, record.method, record.path, scratch);
    if (match.journey < 0) {
      ++batch->counts.ignored;
      sample(record);
      return true;
    }
    if (history_now.value_or(arrival) - record.start > keep_journeys) {
      ++batch->counts.late;
      return true;
    }
    add(record, match, arrival);
    return true;
  }

  void add(const decode::LogRecord& record, const Match& match, Time arrival) {
    ApiRow& row = batch->api.emplace_back();
    row.start = record.start;
    row.latency = record.latency;
    row.received = arrival;
    row.id = digest_of(record.id);
    row.user = user_hash(record.user, user_key);
    row.source = source_id;
    row.route = route_of(match);
    row.device = dictionary->intern(record.device.empty() ? match.device : record.device);
    row.labels = label_caches.front().set_of(record.labels, *dictionary);
    row.status = static_cast<std::uint16_t>(record.status);
    ++batch->counts.accepted;
  }

  StringId route_of(const Match& match) {
    StringId& id = route_ids[static_cast<std::size_t>(match.journey)];
    if (id == 0) id = dictionary->intern(match.route);
    return id;
  }

  void sample(const decode::LogRecord& record) {
    auto& samples = batch->unmatched_paths;
    const std::size_t place = unmatched++;
    if (samples.size() >= kMostSamples || (place >= kAllLooked && place % kThenEach != 0)) return;
    std::string pattern = path_pattern(record.method, record.path, known_words ? &*known_words : nullptr);
    if (std::find(samples.begin(), samples.end(), pattern) == samples.end())
      samples.push_back(std::move(pattern));
  }

  bool on_message(const decode::MessageRecord& record, std::optional<Time> tst) override {
    // A replay without the client's stamp goes by the device's; without both, a message came with the one
    // before it.
    const std::optional<Time> stamp = tst ? tst : record.time ? record.time : newest;
    if (replay && !stamp) return on_reject(decode::Reject::kMissingTime, "a replayed message needs `tst`");
    Time arrival;
    if (!arrive(stamp.value_or(received), arrival)) return false;
    if (!replay && tst) arrival = std::min(*tst, received);
    ++report.records;
    const MessageRule& rule = source.messages[record.rule];
    if (!interest.wants(rule.is, record.word)) {
      ++batch->counts.ignored;
    } else if (is_late(record.time.value_or(arrival), arrival) || is_sealed(kind_of(rule.is), arrival)) {
      ++batch->counts.late;
    } else {
      add(record, kind_of(rule.is), arrival);
    }
    return true;
  }

  [[nodiscard]] bool is_late(Time time, Time arrival) const {
    if (history_now) return *history_now - time > keep_fleet_history;
    return std::max(arrival, replay ? arrival : received) - time > keep_fleet;
  }

  /// Commands and replies are parts of journeys: they are never sealed.
  [[nodiscard]] bool is_sealed(MessageKind kind, Time arrival) const {
    const bool of_fleet = kind == MessageKind::kReport || kind == MessageKind::kPresence;
    return history_now && of_fleet && arrival < fleet_closed;
  }

  void add(const decode::MessageRecord& record, MessageKind kind, Time arrival) {
    DeviceRow& row = batch->device.emplace_back();
    row.kind = kind;
    row.retained = record.retained;
    row.has_time = record.time.has_value();
    row.time = record.time.value_or(arrival);
    row.received = arrival;
    row.id = digest_of(record.id);
    row.payload = record.payload;
    row.seq = record.seq;
    row.boot = record.boot;
    row.battery = record.battery;
    row.lat = record.lat;
    row.lon = record.lon;
    row.source = source_id;
    row.device = dictionary->intern(record.device);
    row.word = dictionary->intern(record.word);
    row.labels = label_caches[record.rule].set_of(record.labels, *dictionary);
    row.values = value_caches[record.rule].set_of(record.values, *dictionary);
    ++batch->counts.accepted;
  }

  bool on_ignored(std::string_view, std::optional<Time> tst) override {
    Time arrival;
    const std::optional<Time> stamp = tst ? tst : newest;
    if (replay && stamp && !arrive(*stamp, arrival)) return false;
    ++report.records;
    ++batch->counts.ignored;
    return true;
  }

  bool on_reject(decode::Reject reason, std::string_view excerpt) override {
    if (report.errors.size() < kMostErrors) {
      std::string text = decode::reject_name(reason);
      if (!excerpt.empty()) text.append(": ").append(excerpt);
      report.errors.push_back({report.records, std::move(text)});
    }
    ++report.records;
    ++batch->counts.rejected[decode::reject_name(reason)];
    return true;
  }

  const SourceConfig& source;
  const Router& router;
  Router::SourceRoutes routes;
  std::uint64_t user_key;
  Duration keep_journeys, keep_fleet, keep_fleet_history{0};
  decode::Decoder decoder;
  Interest interest;
  std::vector<LabelCache> label_caches, value_caches;
  std::optional<Words> known_words;  ///< where devices are hidden

  bool replay = false;
  std::optional<Time> until, oldest, newest, history_now;
  Time fleet_closed = Time::min();

  // Of the call that is under way.
  RecordBatch* batch = nullptr;
  Dictionary* dictionary = nullptr;
  Time received;
  IntakeReport report;
  std::size_t unmatched = 0;  ///< records that no journey matches
  StringId source_id = 0;
  std::vector<StringId> route_ids;  ///< by journey; 0: not yet interned
  std::string scratch;
};

Intake::Intake(const Config& config, const SourceConfig& source, const Router& router, std::uint64_t user_key)
    : impl_(std::make_unique<Impl>(config, source, router, user_key)) {}
Intake::~Intake() = default;
Intake::Intake(Intake&&) noexcept = default;

void Intake::replay_mode(std::optional<Time> until) {
  impl_->replay = true;
  impl_->until = until;
}

void Intake::history_mode(std::optional<Time> after, Time now, Duration keep_fleet, Time fleet_closed) {
  impl_->keep_fleet_history = keep_fleet;
  impl_->fleet_closed = fleet_closed;
  impl_->replay = true;
  impl_->history_now = now;
  impl_->newest = after;
  impl_->oldest.reset();
}

std::optional<Time> Intake::first_arrival() const {
  return impl_->oldest;
}
std::optional<Time> Intake::last_arrival() const {
  return impl_->newest;
}

IntakeReport Intake::body(std::string_view bytes, Time received, RecordBatch& batch, bool wrapped) {
  impl_->begin(received, batch);
  if (!impl_->decoder.body(bytes, *impl_, wrapped)) {
    impl_->on_reject(decode::Reject::kMalformed,
                     "the body is broken: an array or envelope that does not end, or none");
    impl_->report.broken = true;
  }
  return impl_->finish();
}

IntakeReport Intake::lines(std::string_view block, Time received, RecordBatch& batch) {
  impl_->begin(received, batch);
  impl_->decoder.lines(block, *impl_);
  return impl_->finish();
}

IntakeReport Intake::message(std::string_view topic, std::string_view payload, bool retained, Time received,
                             RecordBatch& batch) {
  impl_->begin(received, batch);
  impl_->decoder.message(topic, payload, retained, *impl_);
  return impl_->finish();
}

}  // namespace slod::route
