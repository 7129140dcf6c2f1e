// The naive model: keeps every message and answers any device-minute from all of them, by the sentences of
// the contract, without any state carried along. Slow, and written in another way than the fleet: outages are
// looked for between neighbouring pieces of evidence, a check's turns are listed from its runs.
#pragma once

#include <algorithm>
#include <optional>
#include <set>

#include "fleet_world.h"

namespace slod::fleet {

class Oracle {
 public:
  Oracle(const Config& config, std::vector<RegistryEntry> registry, bool radio)
      : config_(config), fleet_(*config.fleet), registry_(std::move(registry)), radio_(radio) {}

  struct Said {
    double received, time;
    std::string state;
    std::map<std::string, std::string> labels;
    double battery, rssi;
  };
  struct Evidence {
    double at, interval;
  };
  struct DeviceLog {
    std::vector<Said> said;                               // by (time, arrival)
    std::vector<Evidence> evidence;                       // by arrival
    std::vector<std::pair<double, std::size_t>> offline;  // when, and the evidence that had come before
    std::optional<double> met;
  };

  void report(const Message& m) {
    DeviceLog& log = logs_[m.device];
    const double time = m.time < -1e8 ? m.received : m.time - m.received > 300 ? m.received : m.time;
    const Said said{m.received, time,      m.state,
                    m.labels,   m.battery, m.rssi.empty() ? kNoValue : std::stod(m.rssi)};
    const auto later = [](double t, const Said& s) { return t < s.time; };
    log.said.insert(std::upper_bound(log.said.begin(), log.said.end(), time, later), said);
    if (!m.retained) meet(log, m.device, m.received, true);
  }
  void presence(const Message& m) {
    if (m.retained) return;
    DeviceLog& log = logs_[m.device];
    meet(log, m.device, m.received, m.state == "online");
    if (m.state == "lost") log.offline.emplace_back(m.received, log.evidence.size());
  }

  Blamed blamed;  ///< of the last call of all()

  /// All device-minutes that ended at or before `now`, as known then.
  Booked all(double now) {
    Booked booked;
    blamed.clear();
    if (first_ < 0) return booked;
    for (const RegistryEntry& entry : registry_) logs_[entry.device];
    for (auto& [device, log] : logs_) {
      for (double end = std::floor(first_ / 60) * 60 + 60; end <= now; end += 60)
        add(booked, device, log, end, now);
    }
    return booked;
  }

  int lost_after = 3;  ///< another number makes the oracle wrong: for the negative control

 private:
  const RegistryEntry* entry_of(const std::string& device) const {
    for (const RegistryEntry& e : registry_) {
      if (e.device == device) return &e;
    }
    return nullptr;
  }
  double interval(const std::string& state) const {
    const auto it = fleet_.report_every.by_state.find(state);
    return to_seconds(it == fleet_.report_every.by_state.end() ? fleet_.report_every.otherwise : it->second);
  }
  void meet(DeviceLog& log, const std::string& device, double at, bool alive) {
    if (first_ < 0) first_ = at;
    if (!log.met) log.met = at;
    if (!alive) return;
    std::string state = entry_of(device) != nullptr ? entry_of(device)->state : "";
    for (const Said& s : log.said) {
      if (!s.state.empty()) state = s.state;
    }
    log.evidence.push_back({at, interval(state)});
  }

  bool down(const std::string& device, const DeviceLog& log, double end, double now) const {
    std::vector<Evidence> clock = log.evidence;
    const RegistryEntry* entry = entry_of(device);
    double begin = log.met.value_or(1e18);
    std::string state;
    if (entry != nullptr) {
      const double commissioned =
          entry->commissioned_at ? to_seconds(*entry->commissioned_at - kStart) : -1e18;
      begin = std::min(begin, std::max(first_, commissioned));
      state = entry->state;
    }
    if (clock.empty() || clock.front().at > begin) clock.insert(clock.begin(), {begin, interval(state)});
    for (std::size_t i = 0; i < clock.size(); ++i) {
      const double next = i + 1 < clock.size() ? clock[i + 1].at : 1e18;
      const double lost = clock[i].at + lost_after * clock[i].interval;
      if (std::min(next, now) > lost && end > clock[i].at + clock[i].interval && end <= next) return true;
    }
    for (const auto& [w, before] : log.offline) {
      const double next = before < log.evidence.size() ? log.evidence[before].at : 1e18;
      if (std::min(next, now) > w + 10 && end > w && end <= next) return true;
    }
    return false;
  }

  struct Value {
    double time, value, max_age;
  };
  struct Check {
    double dwell;
    bool (*bad)(double);
    bool (*good)(double);
  };
  /// 'H', 'U', 'O' (too old) or '-' (never answered).
  static char check(const std::vector<Value>& values, const Check& rule, double end) {
    std::vector<Value> before;
    for (const Value& v : values) {
      if (v.time < end) before.push_back(v);
    }
    if (before.empty()) return '-';
    if (end > before.back().time + before.back().max_age) return 'O';
    bool unhealthy = false;
    double run = 0;
    int last_condition = -1;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const Value& v = before[i];
      const int condition = rule.bad(v.value) ? 1 : rule.good(v.value) ? 2 : 0;
      const bool broken =
          i == 0 || condition != last_condition || v.time > before[i - 1].time + before[i - 1].max_age;
      if (broken) run = v.time;
      last_condition = condition;
      const double until = std::min(i + 1 < before.size() ? before[i + 1].time : end, v.time + v.max_age);
      const bool turns = rule.dwell == 0 ? true : run + rule.dwell < until;
      if (turns && condition != 0) unhealthy = condition == 1;
    }
    return unhealthy ? 'U' : 'H';
  }

  void add(Booked& booked, const std::string& device, const DeviceLog& log, double end, double now) {
    const RegistryEntry* entry = entry_of(device);
    std::string state;
    std::map<std::string, std::string> labels;
    if (!registry_.empty()) {
      if (entry == nullptr) return;
      if (entry->commissioned_at && to_seconds(*entry->commissioned_at - kStart) >= end) return;
      if (entry->decommissioned_at && to_seconds(*entry->decommissioned_at - kStart) < end) return;
      state = entry->state;
      labels = entry->labels;
    } else if (!log.met || *log.met >= end) {
      return;
    }
    std::vector<Value> battery, rssi;
    for (const Said& s : log.said) {
      if (s.time >= end) break;
      if (!s.state.empty()) state = s.state;
      for (const auto& [k, v] : s.labels) labels[k] = v;
      if (!std::isnan(s.battery)) battery.push_back({s.time, s.battery, lost_after * interval(state)});
      if (!std::isnan(s.rssi)) rssi.push_back({s.time, s.rssi, 1800});
    }
    const std::vector<std::string>& serving = *fleet_.in_service;
    if (std::find(serving.begin(), serving.end(), state) == serving.end()) return;
    const bool is_down = down(device, log, end, now);
    const char b =
        check(battery, {0, [](double v) { return v < 15; }, [](double v) { return v >= 20; }}, end);
    const char r =
        check(rssi, {300, [](double v) { return v < -110; }, [](double v) { return v >= -105; }}, end);
    std::string text;
    for (const auto& [k, v] : labels) text += (text.empty() ? "" : ",") + k + "=" + v;
    const auto minute = static_cast<std::int64_t>(end / 60) - 1;
    const auto book = [&](int c, char s, const std::string& reason) {
      const MinuteState state_of = s == 'H'   ? MinuteState::kHealthy
                                   : s == 'U' ? MinuteState::kUnhealthy
                                              : MinuteState::kUnobserved;
      ++booked[{c, minute, state_of, s == 'U' ? reason : "", text}];
      if (s == 'U') ++blamed[{c, minute, device, reason}];
    };
    book(0, is_down ? 'U' : 'H', "connectivity");
    book(1, b, "battery");
    if (radio_) book(3, r, "radio");
    if (is_down) return book(2, 'U', "connectivity");
    if (b == 'U') return book(2, 'U', "battery");
    if (r == 'U') return book(2, 'U', "radio");
    book(2, b == 'O' || r == 'O' ? 'O' : 'H', "");
  }

  const Config& config_;
  const FleetConfig& fleet_;
  std::vector<RegistryEntry> registry_;
  bool radio_;
  std::map<std::string, DeviceLog> logs_;
  double first_ = -1;
};

}  // namespace slod::fleet
