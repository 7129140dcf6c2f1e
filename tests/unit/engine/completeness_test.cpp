// Completeness: accepted / (accepted + shed + unobserved), in every window, against a list of everything that
// happened. SLOD_SEED=n runs history n alone.
#include <cmath>

#include "journey_world.h"
#include "unit/window/seed.h"

namespace slod::engine::test {
namespace {

using slod::test::Random;

/// One thing that happened to an SLO's records.
struct Happened {
  double at = 0;
  enum Kind { kAccepted, kShed, kUnobserved } kind = kAccepted;
  std::int64_t records = 1;
};

constexpr double kDeadline = 20;

Config config_of_two() {
  Config config = unlock_config(true, false);
  AlertPolicy& policy = config.policies[0];
  policy.rules = {{"page", 14.4, 14'400'000, hours(2), minutes(5)}};
  SloConfig slo = slo_of("unlock");
  slo.window.rolling = hours(30);
  slo.window.text = "30h";
  Window also;
  also.rolling = hours(6);
  also.text = "6h";
  slo.also = {also};
  SloConfig by_latency = slo_of("fast");
  by_latency.sli = SliKind::kLatency;
  by_latency.threshold = seconds(1);
  by_latency.leg = GoodWhen::kApi;
  config.slos = {slo, by_latency};
  return config;
}

/// Seconds after kT0 at which a window begins at a tick.
double left(double tick, double length) {
  const double resolution = length <= 3600 ? 10 : length <= 86'400 ? 60 : 300;
  const double begin = tick - length + 1e9 * resolution * 60;  // kT0 is a whole hour
  return begin - std::fmod(begin, resolution) - 1e9 * resolution * 60;
}

Missing recount(const std::vector<Happened>& all, double tick, double length, bool device) {
  Missing missing;
  std::int64_t accepted = 0;
  for (const Happened& one : all) {
    if (std::floor(one.at / 10) * 10 < left(tick, length) || one.at >= tick) continue;
    if (one.kind == Happened::kShed) missing.shed += one.records;
    if (one.kind == Happened::kAccepted) accepted += one.records;
    if (one.kind != Happened::kUnobserved) continue;
    if (!device) ++accepted;
    if (device && one.at + kDeadline < tick) ++missing.unobserved;  // before that it is undecided
  }
  const std::int64_t due = accepted + missing.all();
  missing.completeness = due == 0 ? 1 : static_cast<double>(accepted) / static_cast<double>(due);
  return missing;
}

void expect_same(const Missing& said, const Missing& want, const std::string& where) {
  EXPECT_EQ(said.unobserved, want.unobserved) << where;
  EXPECT_EQ(said.shed, want.shed) << where;
  EXPECT_DOUBLE_EQ(said.completeness, want.completeness) << where;
}

class Happening {
 public:
  explicit Happening(std::uint64_t seed) : random_(seed), w_(config_of_two()) {}

  void play() {
    double now = 0;
    for (int step = 0; step < 300; ++step) {
      const double tick = now + 10.0 * static_cast<double>(random_.one_in(12) ? random_.between(1, 700)
                                                                              : random_.between(1, 4));
      blind_ = random_.one_in(4);
      if (blind_) w_.engine.unobserved("fleet", at(now), at(tick + 60));
      for (std::int64_t i = random_.between(0, 5); i > 0; --i) something(now, tick);
      w_.tick(now = tick);
      if (random_.one_in(4)) compare(now);
    }
  }

 private:
  void something(double from, double to) {
    const double when =
        from + static_cast<double>(random_.between(0, static_cast<std::int64_t>(to - from) - 1)) + 0.5;
    if (random_.one_in(5)) {
      const std::int64_t records = random_.between(1, 20);
      const std::string source = random_.one_in(2) ? "gateway" : "fleet";
      w_.engine.missing(source, static_cast<std::uint64_t>(records), at(when));
      all_.push_back({when, Happened::kShed, records});
      return;
    }
    const int status = random_.pick(std::vector<int>{200, 200, 200, 503, 404});
    const std::string device = "v" + std::to_string(++devices_);
    w_.request({.start = when, .status = status, .latency = 0.25, .device = device, .user = devices_});
    const bool seen = status != 200 || !blind_;
    if (status == 200 && seen) {
      w_.message(MessageKind::kCommand, when + 0.1, "unlock", "", device);
      w_.message(MessageKind::kReply, when + 0.3, "ok", "", device);
    }
    all_.push_back({when, seen ? Happened::kAccepted : Happened::kUnobserved});
  }

  void compare(double now) {
    const SloReading both = w_.slo(0), api = w_.slo(1);
    const auto said = [&](const SloReading& reading, bool device, double slo_window) {
      const std::string where = reading.config->name + " at " + std::to_string(now);
      expect_same(reading.missing, recount(all_, now, slo_window, device), where);
      expect_same(reading.windows[0].missing, recount(all_, now, 300, device), where + " 5m");
      expect_same(reading.windows[1].missing, recount(all_, now, 7200, device), where + " 2h");
    };
    said(both, true, 30 * 3600.0);
    said(api, false, 86'400);
    expect_same(both.also[0].missing, recount(all_, now, 6 * 3600.0, true), "6h");
  }

  Random random_;
  World w_;
  std::vector<Happened> all_;
  std::uint64_t devices_ = 0;
  bool blind_ = false;
};

TEST(Completeness, OfEveryWindowIsWhatARecountSays) {
  const std::uint64_t first = slod::test::first_seed();
  for (std::uint64_t seed = first; seed < first + 10; ++seed) {
    SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
    Happening(seed).play();
    if (HasFailure()) return;
  }
}

TEST(Completeness, ADroppedRecordMayHaveBeenOfAnySloThatReadsItsSource) {
  Config config = unlock_config(true, false);
  config.slos = {slo_of("both"), slo_of("connectivity")};
  config.slos[1].journey = -1;
  config.slos[1].sli = SliKind::kDeviceMinutes;
  config.slos[1].fleet_check = "connectivity";
  World w(config);
  w.request({.start = 1, .status = 503});
  w.engine.missing("gateway", 3, at(5));
  w.engine.missing("nobody", 100, at(5));
  w.tick(10);
  EXPECT_EQ(w.slo(0).missing.shed, 3);
  EXPECT_DOUBLE_EQ(w.slo(0).missing.completeness, 0.25);
  EXPECT_EQ(w.slo(1).missing.shed, 0) << "the fleet does not live on the gateway";
  w.engine.missing("fleet", 1, at(15));
  w.tick(20);
  EXPECT_EQ(w.slo(0).missing.shed, 4);
  EXPECT_EQ(w.slo(1).missing.shed, 1);
}

TEST(Completeness, EventsOfUnknownActorsAreCountedWhereTheyAreLeftOut) {
  Config config = unlock_config(false, false);
  config.slos = {slo_of("operators"), slo_of("everybody"), slo_of("unknown too")};
  config.slos[0].actors = {0};
  config.slos[2].actors = {0, kUnknownActor};
  World w(config);
  for (int i = 0; i < 3; ++i) w.request({.start = i * 1.0, .app = "ops"});
  for (int i = 0; i < 5; ++i) w.request({.start = i * 1.0, .status = i == 0 ? 503 : 200, .app = "ios"});
  w.request({.start = 2, .status = 404, .app = "ios"});
  w.tick(10);
  EXPECT_EQ(w.slo(0).good, 3);
  EXPECT_EQ(w.slo(0).unknown_actor, 5) << "good and bad, not excluded";
  EXPECT_EQ(w.slo(1).unknown_actor, std::nullopt);
  EXPECT_EQ(w.slo(2).unknown_actor, std::nullopt);
}

}  // namespace
}  // namespace slod::engine::test
