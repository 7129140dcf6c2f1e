// Random histories against the naive model. A failing seed is printed; SLOD_SEED=n runs that one alone.
#include <cstdlib>
#include <random>

#include "oracle.h"
#include "support/histories.h"

namespace slod::fleet {
namespace {

constexpr double kLength = 50 * 60;

struct Event {
  Message message;
  bool presence = false;
  double at() const { return message.received; }
};

class Script {
 public:
  explicit Script(std::uint64_t seed) : random_(seed) {}

  int number(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance(int percent) { return number(1, 100) <= percent; }
  template <typename T>
  const T& one_of(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(number(0, static_cast<int>(list.size()) - 1))];
  }

  std::vector<RegistryEntry> registry() {
    std::vector<RegistryEntry> entries;
    if (chance(50)) return entries;
    for (const char* device : {"v1", "v2", "v3"}) {
      RegistryEntry e;
      e.device = device;
      e.state = one_of<std::string>({"available", "parked", "warehouse", ""});
      if (chance(50)) e.labels["model"] = "bike";
      if (chance(30)) e.commissioned_at = at_second(number(-10, 20) * 30);
      if (chance(30)) e.decommissioned_at = at_second(number(20, 90) * 30);
      entries.push_back(e);
    }
    return entries;
  }

  std::vector<Event> events() {
    std::vector<Event> all;
    for (const char* device : {"v1", "v2", "v4"}) live_one(device, all);
    std::stable_sort(all.begin(), all.end(), [](const Event& a, const Event& b) { return a.at() < b.at(); });
    return all;
  }

 private:
  Event report(const std::string& device, double sent, double received) {
    Event e;
    Message& m = e.message;
    m.device = device;
    m.received = received;
    if (!chance(10)) m.time = sent;
    m.state = chance(20)   ? one_of<std::string>({"parked", "warehouse", "riding", ""})
              : chance(50) ? "available"
                           : "";
    if (chance(80)) m.battery = number(10, 25);
    if (chance(60)) m.rssi = std::to_string(number(0, 1) * 6 - 112 + number(0, 1) * 3);
    if (chance(20)) m.labels["area"] = one_of<std::string>({"shibuya", "osaka"});
    m.retained = chance(5);
    return e;
  }

  /// A device that reports, falls silent, drives through tunnels and says good-bye.
  void live_one(const std::string& device, std::vector<Event>& all) {
    double t = number(0, 240);
    while (t < kLength) {
      const int what = number(1, 100);
      if (what <= 6) {  // a tunnel, then the backlog in any order
        const double back = t + number(100, 900);
        for (double sent = t; sent < back; sent += 60)
          all.push_back(report(device, sent + number(0, 9), back + number(0, 5)));
        t = back + 6;
      } else if (what <= 10) {
        t += number(100, 800);  // silence
      } else if (what <= 22) {
        Event e;
        e.presence = true;
        e.message.device = device;
        e.message.received = t;
        e.message.state = one_of<std::string>({"online", "lost", "lost", "starting"});
        e.message.retained = chance(10);
        all.push_back(e);
        t += number(0, 15);
      } else {
        const double sent = chance(8) ? t + number(1, 400) : t - number(0, chance(20) ? 300 : 5);
        all.push_back(report(device, sent, t));
        t += chance(20) ? 60 : number(1, 90);
      }
    }
  }

  std::mt19937_64 random_;
};

struct Rehearsal {
  bool forget_withdrawals = false;
  int oracle_lost_after = 3;
};

std::string describe(const Booked& booked) {
  std::string text;
  for (const auto& [key, count] : booked) {
    const auto& [check, minute, state, reason, labels] = key;
    text += "check " + std::to_string(check) + " minute " + std::to_string(minute) + " " +
            "HUXO"[static_cast<int>(state)] + " " + reason + " {" + labels + "} " + std::to_string(count) +
            "\n";
  }
  return text;
}

Booked without(Booked a, const Booked& b) {
  std::erase_if(
      a, [&](const auto& entry) { return b.contains(entry.first) && b.at(entry.first) == entry.second; });
  return a;
}

/// Plays one history; at some ticks, and at the last, the net bookings must be the oracle's. Returns what
/// differs.
std::string play(std::uint64_t seed, const Rehearsal& rehearsal = {}) {
  Script script(seed);
  Config config = fleet_config();
  config.fleet->checks.push_back(radio_check());
  const std::vector<RegistryEntry> registry = script.registry();
  World w(config, {"connectivity", "battery", "any", "radio"}, registry);
  w.sink.forget_withdrawals = rehearsal.forget_withdrawals;
  Oracle oracle(config, registry, true);
  oracle.lost_after = rehearsal.oracle_lost_after;
  const bool odd_ticks = script.chance(30);
  double now = 0, next = 10;
  const auto compare = [&]() -> std::string {
    const Booked expected = oracle.all(now);
    if (expected == w.sink.booked && (rehearsal.forget_withdrawals || oracle.blamed == w.sink.blamed))
      return "";
    if (expected == w.sink.booked) return "seed " + std::to_string(seed) + ": other devices are blamed";
    return "seed " + std::to_string(seed) + ", tick " + std::to_string(now) + "\nexpected, not booked:\n" +
           describe(without(expected, w.sink.booked)) + "booked, not expected:\n" +
           describe(without(w.sink.booked, expected));
  };
  for (const Event& e : script.events()) {
    while (next <= e.at()) {
      w.tick(now = next);
      if (script.chance(2)) w.restart();
      next += odd_ticks ? script.number(1, 150) : 10;
      if (!script.chance(3)) continue;
      if (const std::string fault = compare(); !fault.empty()) return fault;
    }
    if (e.presence) {
      w.presence(e.at(), e.message.state, e.message.retained, e.message.device);
      oracle.presence(e.message);
    } else {
      w.report(e.message);
      oracle.report(e.message);
    }
  }
  w.tick(now = kLength + 1200);
  return compare();
}

TEST(OracleTest, NetBookingsAreThoseOfTheNaiveModel) {
  const char* only = std::getenv("SLOD_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : slod::test::histories(1000);
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const std::string fault = play(seed);
    ASSERT_TRUE(fault.empty()) << "replay with SLOD_SEED=" << seed << "\n" << fault;
  }
}

TEST(OracleTest, ASinkThatForgetsWithdrawalsIsCaught) {
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    caught += play(seed, {.forget_withdrawals = true}).empty() ? 0 : 1;
  EXPECT_GE(caught, 15);
}

TEST(OracleTest, AnotherRuleIsCaught) {
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    caught += play(seed, {.oracle_lost_after = 4}).empty() ? 0 : 1;
  EXPECT_GE(caught, 15);
}

}  // namespace
}  // namespace slod::fleet
