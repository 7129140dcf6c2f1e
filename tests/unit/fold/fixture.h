// What the fold's tests share: a small config, rows in few words, and a sink that adds up what is booked and
// withdrawn.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "slod/fold/fold.h"

namespace slod::fold::test {

inline constexpr Time kT0 = from_nanos(1'795'348'800'000'000'000);  // 2026-11-22T12:00:00Z
inline Time at(double seconds_after) {
  return kT0 + Duration(static_cast<std::int64_t>(seconds_after * 1e9));
}

/// A booking as a value that sorts: every field.
using Line = std::tuple<int, int, std::int64_t, Slot, std::int64_t, int, std::string, bool, int, LabelSetId,
                        StringId, StringId, int, std::uint32_t>;
inline Line line_of(const Booking& b) {
  return {b.view.journey,
          static_cast<int>(b.view.leg),
          nanos(b.start),
          b.slot,
          b.latency.count(),
          static_cast<int>(b.verdict),
          outcome_name(b.outcome),
          b.timed_out,
          b.actor,
          b.labels,
          b.device,
          b.route,
          b.status,
          b.attempts};
}
using Ledger = std::map<Line, int>;

class LedgerSink : public BookingSink {
 public:
  void book_event(const Booking& event, int sign) override { add(events, event, sign); }
  void book_attempt(const Booking& attempt, int sign) override { add(attempts, attempt, sign); }

  Ledger events, attempts;
  std::vector<std::pair<Line, int>> log;  // in order
  std::size_t withdrawn = 0;

 private:
  void add(Ledger& ledger, const Booking& booking, int sign) {
    const Line line = line_of(booking);
    log.emplace_back(line, sign);
    if (sign < 0) ++withdrawn;
    const int count = ledger[line] += sign;
    EXPECT_GE(count, 0) << "withdrew what was never booked";
    if (count == 0) ledger.erase(line);
  }
};

class Devices : public DeviceDirectory {
 public:
  [[nodiscard]] StringId label(StringId device, std::string_view name, Time at) const override {
    const auto found = known.find({device, std::string(name)});
    return found == known.end() || at < since ? 0 : found->second;
  }
  std::map<std::pair<StringId, std::string>, StringId> known;
  Time since = Time::min();
};

inline Config unlock_config() {
  Config config;
  SourceConfig gateway;
  gateway.name = "gateway";
  gateway.format.emplace();
  gateway.format->client_abort = {499};
  SourceConfig fleet;
  fleet.name = "fleet";
  fleet.kind = SourceConfig::Kind::kMqtt;
  MessageRule reply;
  reply.is = MessageRule::Is::kReply;
  reply.good = {"ok"};
  fleet.messages.push_back(reply);
  config.sources = {gateway, fleet};
  config.actors = {{"operator", {{{"app", {"ops-ios", "ops-web"}}}}},
                   {"rider", {{{"app", {"ios", "android"}}}}}};
  JourneyConfig unlock;
  unlock.name = "Unlock";
  unlock.api = ApiLeg{"gateway", "POST", "/unlock", {}, {}};
  unlock.labels = {"area", "app"};
  config.journeys = {unlock};
  return config;
}
inline void with_device(Config& config, Duration deadline = seconds(20)) {
  config.journeys[0].device = DeviceLeg{"fleet", "unlock", deadline};
}
inline void with_retry(Config& config, std::vector<std::string> by = {"device", "user"}) {
  config.journeys[0].retry = RetryConfig{std::move(by), seconds(60)};
}

/// One row of the unlock story, in seconds after kT0.
struct Request {
  double start = 0;
  int status = 200;
  double latency = 0.5;
  std::string device = "v1";
  std::uint64_t user = 7;
  std::string app = "ios";
  std::string id = "";
  double received = -1;  // -1: start + latency
};

class FoldTest : public ::testing::Test {
 public:
  Config config = unlock_config();
  Dictionary dictionary;
  Devices devices;
  LedgerSink sink;
  std::unique_ptr<Fold> fold;

  void start(std::vector<GoodWhen> legs = {GoodWhen::kAll}) {
    std::vector<View> views;
    for (const GoodWhen leg : legs) views.push_back({0, leg});
    fold = std::make_unique<Fold>(config, dictionary, devices, views, sink);
  }
  ApiRow row(const Request& r) {
    ApiRow api;
    api.start = at(r.start);
    api.latency = at(r.latency) - kT0;
    api.received = r.received < 0 ? at(r.start + r.latency) : at(r.received);
    api.id = digest_of(r.id);
    api.user = r.user;
    api.source = dictionary.intern("gateway");
    api.route = dictionary.intern("POST /unlock");
    api.device = dictionary.intern(r.device);
    api.status = static_cast<std::uint16_t>(r.status);
    const std::vector<Label> labels{{dictionary.intern("app"), dictionary.intern(r.app)},
                                    {dictionary.intern("area"), dictionary.intern("shibuya")}};
    api.labels = dictionary.intern_labels(labels);
    return api;
  }
  bool request(const Request& r) { return fold->apply(row(r)); }
  DeviceRow message(MessageKind kind, double time, const std::string& word, const std::string& id = "",
                    const std::string& device = "v1") {
    DeviceRow d;
    d.kind = kind;
    d.time = d.received = at(time);
    d.id = digest_of(id);
    d.source = dictionary.intern("fleet");
    d.device = dictionary.intern(device);
    d.word = dictionary.intern(word);
    return d;
  }
  bool command(double time, const std::string& id = "", const std::string& device = "v1") {
    return fold->apply(message(MessageKind::kCommand, time, "unlock", id, device));
  }
  bool labelled_command(double time, const std::string& id, const std::string& app) {
    DeviceRow row = message(MessageKind::kCommand, time, "unlock", id);
    const std::vector<Label> labels{{dictionary.intern("app"), dictionary.intern(app)}};
    row.labels = dictionary.intern_labels(labels);
    return fold->apply(row);
  }
  bool reply(double time, const std::string& word = "ok", const std::string& id = "",
             const std::string& device = "v1") {
    return fold->apply(message(MessageKind::kReply, time, word, id, device));
  }
  void tick(double time) { fold->tick(at(time)); }

  /// "ok 0.5s x1" per event, joined by "; ", in order of start. Seconds with what digits they need.
  [[nodiscard]] static std::string text(const Ledger& ledger, int leg) {
    std::string out;
    for (const auto& [line, count] : ledger) {
      if (std::get<1>(line) != leg) continue;
      for (int i = 0; i < count; ++i) {
        std::ostringstream one;
        one << std::get<6>(line) << ' ';
        if (std::get<4>(line) < 0) {
          one << "-";
        } else {
          one << static_cast<double>(std::get<4>(line)) / 1e9 << "s";
        }
        one << " x" << std::get<13>(line);
        out += (out.empty() ? "" : "; ") + one.str();
      }
    }
    return out;
  }
  [[nodiscard]] std::string events(GoodWhen leg = GoodWhen::kAll) const {
    return text(sink.events, static_cast<int>(leg));
  }
  [[nodiscard]] std::string attempts(GoodWhen leg = GoodWhen::kAll) const {
    return text(sink.attempts, static_cast<int>(leg));
  }
  [[nodiscard]] std::uint64_t unmatched(const std::string& what) const {
    const auto& all = fold->counters().unmatched_legs;
    const auto found = all.find({"fleet", what});
    return found == all.end() ? 0 : found->second;
  }
};

}  // namespace slod::fold::test
