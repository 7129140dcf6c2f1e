// What the fleet's tests share: a small world with a config, rows in seconds since a fixed minute, and a sink
// that keeps the net bookings.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "slod/fleet/fleet.h"

namespace slod::fleet {

inline const Time kStart = from_nanos(1'795'000'020'000'000'000 / 60'000'000'000 * 60'000'000'000);
inline Time at_second(double s) {
  return kStart + Duration(static_cast<std::int64_t>(s * 1e9));
}

/// (check, minute, state, reason, labels as text) -> device-minutes
using Booked = std::map<std::tuple<int, std::int64_t, MinuteState, std::string, std::string>, std::int64_t>;

/// (check, minute, device, reason) -> unhealthy minutes: 1
using Blamed = std::map<std::tuple<int, std::int64_t, std::string, std::string>, std::int64_t>;

inline std::string labels_text(const Dictionary& dictionary, LabelSetId set) {
  std::map<std::string, std::string> sorted;
  for (const Label& l : dictionary.labels(set)) {
    sorted.emplace(dictionary.text(l.key), dictionary.text(l.value));
  }
  std::string text;
  for (const auto& [key, value] : sorted) text += (text.empty() ? "" : ",") + key + "=" + value;
  return text;
}

class BookKeeper : public MinuteSink {
 public:
  explicit BookKeeper(const Dictionary& dictionary) : dictionary_(dictionary) {}
  void book_minutes(const MinuteBooking& b, std::int64_t count) override {
    ++calls;
    if (forget_withdrawals && count < 0) return;
    EXPECT_EQ(b.slot % 6, slot_of(kStart) % 6) << "a minute is booked in its first slot";
    const std::int64_t minute = (b.slot - slot_of(kStart)) / 6;
    auto& cell = booked[{b.check, minute, b.state, std::string(dictionary_.text(b.reason)),
                         labels_text(dictionary_, b.labels)}];
    cell += count;
    if (cell == 0) {
      booked.erase({b.check, minute, b.state, std::string(dictionary_.text(b.reason)),
                    labels_text(dictionary_, b.labels)});
    }
  }
  void book_unhealthy(const MinuteBooking& b, StringId device, int sign) override {
    EXPECT_EQ(b.state, MinuteState::kUnhealthy);
    auto& cell = blamed[{b.check, (b.slot - slot_of(kStart)) / 6, std::string(dictionary_.text(device)),
                         std::string(dictionary_.text(b.reason))}];
    if ((cell += sign) == 0) {
      blamed.erase({b.check, (b.slot - slot_of(kStart)) / 6, std::string(dictionary_.text(device)),
                    std::string(dictionary_.text(b.reason))});
    }
  }
  /// Each unhealthy minute is exactly one device's.
  void expect_blame_to_add_up() const {
    std::map<std::tuple<int, std::int64_t, std::string>, std::int64_t> left;
    for (const auto& [key, count] : booked) {
      const auto& [check, minute, state, reason, labels] = key;
      if (state == MinuteState::kUnhealthy) left[{check, minute, reason}] += count;
    }
    for (const auto& [key, count] : blamed) {
      const auto& [check, minute, device, reason] = key;
      EXPECT_EQ(count, 1) << device << " minute " << minute;
      left[{check, minute, reason}] -= count;
    }
    for (const auto& [key, count] : left) EXPECT_EQ(count, 0) << "minute " << std::get<1>(key);
  }
  Booked booked;
  Blamed blamed;
  std::int64_t calls = 0;
  bool forget_withdrawals = false;  ///< for the negative control

 private:
  const Dictionary& dictionary_;
};

inline Config fleet_config() {
  Config config;
  SourceConfig source;
  source.name = "fleet";
  source.kind = SourceConfig::Kind::kMqtt;
  MessageRule presence;
  presence.is = MessageRule::Is::kPresence;
  presence.online = {"online"};
  presence.offline = {"lost"};
  source.messages.push_back(presence);
  config.sources.push_back(source);
  FleetConfig fleet;
  fleet.sources = {"fleet"};
  fleet.in_service = {{"riding", "available", "parked"}};
  fleet.report_every.by_state = {{"parked", minutes(5)}};
  fleet.battery = BatteryCheck{15, 20, std::nullopt};
  config.fleet = fleet;
  return config;
}

inline ThresholdCheck radio_check() {
  using Op = ThresholdCheck::Op;
  return {"radio", "/rssi", {Op::kLess, -110}, {Op::kGreaterEqual, -105}, minutes(5), minutes(30)};
}

/// One device message, in seconds since kStart.
struct Message {
  double received = 0;
  std::string device = "v1";
  std::string state = "available";
  double time = -1e9;  ///< -1e9: none of its own
  double battery = kNoValue;
  std::string rssi = "";
  std::map<std::string, std::string> labels = {};
  bool retained = false;
  std::int64_t seq = kNoNumber;
  std::int64_t boot = kNoNumber;
  std::string payload = "";  ///< "": unique
};

class World {
 public:
  explicit World(Config config_in = fleet_config(),
                 std::vector<std::string> checks = {"connectivity", "battery", "any"},
                 std::vector<RegistryEntry> registry = {})
      : config(std::move(config_in)),
        sink(dictionary),
        fleet(config, dictionary, std::move(registry), checks, sink) {}

  ~World() {
    if (!sink.forget_withdrawals) sink.expect_blame_to_add_up();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Saves the fleet and reads it back.
  void restart() {
    archive::Writer saved;
    fleet.io(saved);
    const std::string bytes = saved.take();
    archive::Reader reader(bytes);
    fleet.io(reader);
    EXPECT_TRUE(reader.complete());
  }
  LabelSetId intern(const std::map<std::string, std::string>& labels) {
    std::vector<Label> ids;
    for (const auto& [k, v] : labels) ids.push_back({dictionary.intern(k), dictionary.intern(v)});
    return dictionary.intern_labels(ids);
  }
  DeviceRow row(const Message& m) {
    DeviceRow row;
    row.retained = m.retained;
    row.has_time = m.time > -1e8;
    row.received = at_second(m.received);
    row.time = row.has_time ? at_second(m.time) : row.received;
    row.source = dictionary.intern("fleet");
    row.device = dictionary.intern(m.device);
    row.word = dictionary.intern(m.state);
    row.labels = intern(m.labels);
    if (!m.rssi.empty()) row.values = intern({{"/rssi", m.rssi}});
    row.battery = m.battery;
    row.seq = m.seq;
    row.boot = m.boot;
    row.payload = digest_of(m.payload.empty() ? "unique " + std::to_string(++unique_) : m.payload);
    return row;
  }
  bool report(const Message& m) { return fleet.apply(row(m)); }
  void presence(double received, const std::string& word, bool retained = false,
                const std::string& device = "v1") {
    Message m;
    m.received = received;
    m.state = word;
    m.device = device;
    m.retained = retained;
    DeviceRow presence = row(m);
    presence.kind = MessageKind::kPresence;
    fleet.apply(presence);
  }
  void tick(double at) { fleet.tick(at_second(at)); }
  /// Reports every `step` seconds in [from, to], of a device in `state`.
  void reports(double from, double to, double step = 60, const std::string& state = "available",
               double battery = 80) {
    for (double t = from; t <= to; t += step) {
      Message m;
      m.received = t;
      m.state = state;
      m.battery = battery;
      report(m);
    }
  }
  /// One letter a minute of all devices' net bookings: H, U (unhealthy), X excluded, O unobserved, '.' none,
  /// '#' odd.
  std::string line(int check, int minutes_shown) {
    std::string text;
    for (int m = 0; m < minutes_shown; ++m) {
      char c = '.';
      for (const auto& [key, count] : sink.booked) {
        if (std::get<0>(key) != check || std::get<1>(key) != m) continue;
        c = c != '.' || count != 1 ? '#' : "HUXO"[static_cast<int>(std::get<2>(key))];
      }
      text += c;
    }
    return text;
  }
  /// The reason of the (single) booking of a minute.
  std::string reason(int check, int minute) {
    for (const auto& [key, count] : sink.booked) {
      if (std::get<0>(key) == check && std::get<1>(key) == minute) return std::get<3>(key);
    }
    return "nothing booked";
  }
  std::string labels(int check, int minute) {
    for (const auto& [key, count] : sink.booked) {
      if (std::get<0>(key) == check && std::get<1>(key) == minute) return std::get<4>(key);
    }
    return "nothing booked";
  }

  static constexpr int kConnectivity = 0, kBattery = 1, kAny = 2, kRadio = 3;
  Config config;
  Dictionary dictionary;
  BookKeeper sink;
  Fleet fleet;

 private:
  int unique_ = 0;
};

}  // namespace slod::fleet
