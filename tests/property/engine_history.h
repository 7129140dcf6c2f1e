// Seeded histories of a whole engine: a config of many kinds of SLO, and the rows, gaps and ticks that come
// to it, over days with month's end in them. The ids of a step belong to the history's own dictionary, as
// those of a journal do.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/record.h"
#include "unit/window/seed.h"

namespace slod::test {

struct Outage {
  std::string source;  ///< "": slod itself
  Time from, to;
};
struct Link {
  std::string source;
  bool up = true;
  Time at;
};
struct Counted {
  std::string source;
  SourceCounts counts;
  Time at;
};
struct TickStep {
  Time at;
};
using EngineStep = std::variant<ApiRow, DeviceRow, Outage, Link, Counted, TickStep>;

class EngineHistory {
 public:
  explicit EngineHistory(std::uint64_t seed) : random_(seed) {}

  /// YAML: some of the SLOs that there are, with some of the options that there are.
  std::string config_text();
  std::vector<EngineStep> make();
  [[nodiscard]] const Dictionary& dictionary() const { return dictionary_; }

 private:
  bool chance(int percent) { return random_.between(1, 100) <= percent; }
  std::string one_of(const std::vector<std::string>& all) { return random_.pick(all); }
  Time late(Time at) { return chance(80) ? at : at - seconds(random_.between(0, 7200)); }
  LabelSetId labels(const std::vector<std::pair<std::string, std::string>>& all);
  void request();
  void message(MessageKind kind, const std::string& word);
  void report();
  void something();
  void time_passes();

  Random random_;
  Dictionary dictionary_;
  std::vector<EngineStep> steps_;
  Time now_;
  std::int64_t ids_ = 0;
};

inline std::string EngineHistory::config_text() {
  const std::string retry =
      chance(60) ? ", retry: { by: [" + one_of({"device, user", "device", "area", "area, user, device"}) +
                       "], within: " + one_of({"10s", "60s", "5m"}) + " }"
                 : "";
  std::string text =
      "engine: { shards: " + one_of({"1", "1", "2", "4"}) + " }\n" +
      "limits: { groups_per_slo: " + one_of({"2", "3", "1000"}) + ", groups: " + one_of({"5", "50000"}) +
      " }\n" + "state: { journal_retention: { fleet: " + one_of({"2h", "1d", "3d"}) +
      " } }\n"
      "sources:\n"
      "  gateway:\n"
      "    http: {}\n"
      "    format: json\n"
      "    fields: { time: /ts, method: /m, path: /p, status: /s, latency: { at: /l, unit: ms }, id: /id, "
      "device: /d, user: /u, labels: { app: /app, area: /area } }\n"
      "  fleet:\n"
      "    mqtt: { url: \"mqtt://localhost\" }\n"
      "    messages:\n"
      "      - { topic: \"v/{device}/t\", is: report, fields: { time: /ts, battery: /b, state: /st, seq: "
      "/seq, "
      "labels: { model: /model, area: /area } } }\n"
      "      - { topic: \"v/{device}/p\", is: presence, online: [online], offline: [lost] }\n"
      "      - { topic: \"v/{device}/c\", is: command, fields: { id: /id, name: /n } }\n"
      "      - { topic: \"v/{device}/r\", is: reply, fields: { id: /id, result: /r }, good: [ok] }\n"
      "actors: { ops: { app: ops }, rider: { app: [ios, android] } }\n"
      "journeys:\n"
      "  Unlock: { api: { source: gateway, method: POST, route: /unlock }, device: { source: fleet, command: "
      "unlock, "
      "deadline: " +
      one_of({"20s", "2m"}) + " }, good_when: " + one_of({"all", "api", "device"}) + retry +
      ", labels: [area, app, device.model] }\n"
      "  Ride: { api: { source: gateway, method: POST, route: /ride, bad: { status: [5xx] } }" +
      retry +
      " }\n"
      "  Horn: { device: { source: fleet, command: horn, deadline: 10s } }\n"
      "fleet:\n"
      "  sources: [fleet]\n"
      "  in_service: { state: [riding, available] }\n"
      "  report_every: { default: 60s, state: { parked: 5m } }\n"
      "  battery: { low: 15, recovered: 20 }\n"
      "  classes: [ { match: { model: bike }, battery: { low: 30, recovered: 40 } } ]\n"
      "  checks: { radio: { field: /rssi, unhealthy: \"< -110\", healthy: \">= -105\", dwell: 5m, max_age: "
      "30m } }\n"
      "alert_policies:\n"
      "  quick: { rules: [ { severity: page, burn: 2, long: 10m, short: 1m }, { severity: ticket, burn: 1, "
      "long: 1h, "
      "short: 5m } ], min_bad: 2, min_devices: " +
      one_of({"1", "2"}) +
      ", per_group: true }\n"
      "  slow: { rules: [ { severity: ticket, burn: 1, long: 1d, short: 2h } ], min_bad: 1 }\n"
      "slos:\n"
      "  - { name: first, actor: [rider, unknown], journey: Ride, objective: 99 }\n";
  const std::vector<std::string> all = {
      "journey: Unlock, actor: [rider], objective: 90, window: 30d, group_by: [area], max_share_per_device: "
      "20, alert_policy: quick",
      "journey: Unlock, actor: [rider, ops], leg: device, objective: 95, window: 1h, alert_policy: slow",
      "journey: Unlock, actor: [unknown], sli: latency, threshold: 5s, objective: 90, group_by: "
      "[device.model]",
      "journey: Ride, actor: [rider], fold: false, objective: 90, window: 7d, alert_policy: quick",
      "journey: Ride, actor: [rider], sli: latency, threshold: 1s, objective: 90, window: { calendar: day, "
      "time_zone: Asia/Tokyo }, alert_policy: quick",
      "journey: Ride, actor: [rider], objective: 95, budgeting: { slice: 1m, target: 90 }, group_by: [area], "
      "alert_policy: quick",
      "journey: Ride, actor: [rider, ops, unknown], objective: 95, window: { calendar: month, time_zone: "
      "Asia/Tokyo }, also: [ { calendar: week, time_zone: Europe/Berlin }, 6h ], group_by: [app, area], "
      "alert_policy: quick",
      "journey: Horn, actor: [unknown], objective: 90, window: 1d, alert_policy: quick",
      "fleet: connectivity, objective: 90, window: 1d, group_by: [model], alert_policy: quick",
      "fleet: battery, objective: 90, window: 30d, group_by: [area, model]",
      "fleet: radio, objective: 90, window: 6h, alert_policy: slow",
      "fleet: any, objective: 90, window: { calendar: day }, alert_policy: quick"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (chance(50)) text += "  - { name: slo" + std::to_string(i) + ", " + all[i] + " }\n";
  }
  return text;
}

inline LabelSetId EngineHistory::labels(const std::vector<std::pair<std::string, std::string>>& all) {
  std::vector<Label> set;
  for (const auto& [key, value] : all) set.push_back({dictionary_.intern(key), dictionary_.intern(value)});
  return dictionary_.intern_labels(set);
}

inline void EngineHistory::request() {
  ApiRow row;
  row.source = dictionary_.intern("gateway");
  row.route =
      dictionary_.intern(one_of({"POST /ride", "POST /ride", "POST /unlock", "POST /unlock", "GET /else"}));
  row.start = late(now_);
  row.latency = chance(5) ? kNoLatency : Duration(std::chrono::milliseconds(random_.between(0, 8000)));
  row.received = now_;
  if (chance(80))
    row.id = digest_of("id" + std::to_string(chance(80) ? ++ids_ : random_.between(0, ids_ + 3)));
  row.user = static_cast<std::uint64_t>(random_.between(0, 2));
  row.device = dictionary_.intern(one_of({"", "v1", "v1", "v2", "v3"}));
  row.labels = labels(
      {{"app", one_of({"ios", "android", "ops", "curl"})}, {"area", one_of({"", "a", "b", "c", "d"})}});
  row.status =
      static_cast<std::uint16_t>(chance(60) ? 200 : random_.pick(std::vector<int>{500, 503, 429, 404}));
  steps_.emplace_back(row);
}

inline void EngineHistory::message(MessageKind kind, const std::string& word) {
  DeviceRow row;
  row.kind = kind;
  row.source = dictionary_.intern("fleet");
  row.device = dictionary_.intern(one_of({"v1", "v1", "v2", "v3"}));
  row.word = dictionary_.intern(word);
  row.received = now_;
  row.has_time = chance(30);
  row.time = row.has_time ? late(now_) : now_;
  row.retained = kind == MessageKind::kPresence && chance(10);
  if (chance(70)) row.id = digest_of("id" + std::to_string(chance(60) ? ids_ : random_.between(0, ids_ + 3)));
  steps_.emplace_back(row);
}

inline void EngineHistory::report() {
  message(MessageKind::kReport, one_of({"riding", "available", "available", "parked", ""}));
  auto& row = std::get<DeviceRow>(steps_.back());
  row.retained = chance(5);
  row.payload = digest_of("payload" + std::to_string(chance(90) ? ++ids_ : random_.between(0, ids_)));
  row.device = dictionary_.intern("v" + std::to_string(random_.between(1, 6)));
  if (chance(50)) row.seq = chance(90) ? ++ids_ : random_.between(0, ids_);
  if (chance(80)) row.battery = static_cast<double>(random_.between(5, 60));
  row.labels = labels({{"model", one_of({"", "bike", "scooter"})}, {"area", one_of({"", "a", "b", "c"})}});
  if (chance(70)) row.values = labels({{"/rssi", std::to_string(random_.between(-120, -95))}});
}

inline void EngineHistory::something() {
  const std::int64_t what = random_.between(1, 100);
  if (what <= 40) return request();
  if (what <= 50) return message(MessageKind::kCommand, one_of({"unlock", "unlock", "horn"}));
  if (what <= 60) return message(MessageKind::kReply, one_of({"ok", "ok", "jammed"}));
  if (what <= 65) return message(MessageKind::kPresence, one_of({"online", "lost"}));
  if (what <= 96) return report();
  if (what == 97)
    return void(
        steps_.emplace_back(Outage{one_of({"", "fleet"}), now_ - minutes(random_.between(1, 30)), now_}));
  if (what == 98) return void(steps_.emplace_back(Link{one_of({"fleet", "gateway"}), chance(60), now_}));
  SourceCounts counts;
  counts.accepted = static_cast<std::uint64_t>(random_.between(0, 9));
  counts.ignored = 1;
  if (chance(50)) counts.rejected["time"] = 2;
  if (chance(30)) counts.shed = static_cast<std::uint64_t>(random_.between(1, 40));
  steps_.emplace_back(Counted{one_of({"gateway", "fleet"}), counts, now_});
}

inline void EngineHistory::time_passes() {
  const Time before = now_;
  now_ += chance(70)   ? Duration(std::chrono::milliseconds(random_.between(0, 20'000)))
          : chance(85) ? Duration(seconds(random_.between(1, 900)))
                       : Duration(hours(random_.between(1, 30)));
  const Time tick = floor_to(now_, seconds(10));
  if (tick > before) steps_.emplace_back(TickStep{tick});
}

inline std::vector<EngineStep> EngineHistory::make() {
  now_ = *parse_rfc3339("2026-11-27T20:00:00Z") + hours(random_.between(0, 90));
  const std::int64_t count = random_.between(20, 400);
  for (std::int64_t i = 0; i < count; ++i) {
    if (chance(40)) time_passes();
    something();
  }
  for (int i = 0; i < 3; ++i) steps_.emplace_back(TickStep{now_ = floor_to(now_, seconds(10)) + seconds(10)});
  return steps_;
}

}  // namespace slod::test
