// Seeded histories of one journey: retries interleaved over devices, users and actors; legs late, early,
// doubled, missing, without ids; ticks at any pace. Under an hour from the first start to the last tick.
#pragma once

#include <cmath>
#include <random>
#include <variant>

#include "unit/fold/fixture.h"

namespace slod::fold::test {

struct Tick {
  Time at;
};
using Step = std::variant<ApiRow, DeviceRow, Tick>;

class HistoryMaker {
 public:
  HistoryMaker(std::uint64_t seed, FoldTest& test) : random_(seed), test_(test) {}

  /// Turns the test's config into one of many.
  void shape(Config& config) {
    JourneyConfig& journey = config.journeys[0];
    two_legs_ = chance(0.7);
    coarse_ = chance(0.25);
    if (two_legs_) with_device(config, seconds(coarse_ ? 5 * pick(1, 8) : pick(5, 40)));
    if (two_legs_) journey.good_when = static_cast<GoodWhen>(pick(0, 2));
    if (two_legs_ && journey.good_when == GoodWhen::kAll && chance(0.2)) journey.api.reset();
    has_api_ = journey.api.has_value();
    const std::vector<std::vector<std::string>> by{
        {"device", "user"}, {"device"}, {"area"}, {"area", "user", "device"}};
    if (chance(0.85)) with_retry(config, by[static_cast<std::size_t>(pick(0, 3))]);
    if (journey.retry) journey.retry->within = seconds(pick(5, 90));
    ids_ = std::vector<double>{0.0, 0.5, 0.9, 1.0}[static_cast<std::size_t>(pick(0, 3))];
  }

  std::vector<Step> make() {
    const int attempts = coarse_ ? pick(1, 20) : pick(5, 60);
    double start = 0;
    for (int i = 0; i < attempts && start < 1200; ++i) {
      start += chance(0.7) ? pick(0, 20) + fraction() : pick(0, 120);
      attempt(coarse_ ? 5 * std::floor(start / 5) : start, i);
    }
    return in_order();
  }

 private:
  struct Arrival {
    Time at;
    Step step;
  };
  bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  int pick(int low, int high) { return std::uniform_int_distribution<>(low, high)(random_); }
  double fraction() { return coarse_ || chance(0.3) ? 0 : pick(0, 999) / 1000.0; }
  template <typename T>
  T one_of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(pick(0, static_cast<int>(all.size()) - 1))];
  }

  void attempt(double start, int number) {
    const std::string id = "r" + std::to_string(number);
    const std::string device = one_of<std::string>({"v1", "v1", "v2", "v3"});
    if (has_api_) api(start, device, chance(ids_) ? id : "");
    if (!two_legs_) return;
    const double sent = start + (chance(0.1) ? -pick(0, 6) : (coarse_ ? 0 : pick(0, 3)) + fraction());
    if (chance(0.9)) message(MessageKind::kCommand, sent, "unlock", device, chance(ids_) ? id : "");
    if (chance(0.2)) message(MessageKind::kCommand, sent + 1, "unlock", device, "");
    const double answered =
        sent + (chance(0.2) ? pick(20, 60) : pick(0, 10)) + fraction() - (chance(0.1) ? 3 : 0);
    const std::string word = chance(0.85) ? "ok" : "jammed";
    if (chance(0.8)) message(MessageKind::kReply, answered, word, device, chance(ids_) ? id : "");
    if (chance(0.1))
      message(MessageKind::kReply, answered + pick(0, 30), "ok", device, chance(ids_) ? id : "");
  }

  void api(double start, const std::string& device, const std::string& id) {
    Request r;
    r.start = start;
    r.status = one_of<int>({200, 200, 200, 500, 503, 429, 404});
    r.latency = pick(0, 8) + fraction();
    r.device = chance(0.95) ? device : "";
    r.user = static_cast<std::uint64_t>(chance(0.9) ? pick(1, 2) : 0);
    r.app = one_of<std::string>({"ios", "ios", "ops-ios", "curl"});
    r.id = id;
    r.received = start + r.latency + (!coarse_ && chance(0.2) ? pick(0, 900) : pick(0, 2));
    ApiRow row = test_.row(r);
    if (chance(0.05)) row.latency = kNoLatency;
    add(row.received, row);
    if (!id.empty() && chance(0.1)) {
      row.received += seconds(pick(0, 60));
      add(row.received, row);
    }
  }

  void message(MessageKind kind, double time, const std::string& word, const std::string& device,
               const std::string& id) {
    DeviceRow row = test_.message(kind, time, word, id, device);
    if (!coarse_ && chance(0.15)) {
      row.has_time = true;
      row.received += seconds(pick(0, 600));
    }
    add(row.received, row);
    if (!id.empty() && chance(0.1)) {
      row.received += seconds(pick(0, 60));
      add(row.received, row);
    }
  }

  void add(Time received, Step step) { arrivals_.push_back({received, std::move(step)}); }

  std::vector<Step> in_order() {
    std::stable_sort(arrivals_.begin(), arrivals_.end(),
                     [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
    std::vector<Step> steps;
    Time next = kT0 + seconds(10 * pick(0, 5));
    const int pace = one_of<int>({1, 1, 3, 30, 1000});
    for (Arrival& arrival : arrivals_) {
      for (; next <= arrival.at; next += seconds(10 * pick(1, pace))) steps.push_back(Tick{next});
      steps.push_back(std::move(arrival.step));
    }
    const Time last = arrivals_.empty() ? kT0 : arrivals_.back().at;
    steps.push_back(Tick{floor_to(last, seconds(10)) + seconds(10 * (coarse_ ? pick(1, 4) : 1))});
    if (!coarse_ && chance(0.5)) steps.push_back(Tick{floor_to(last, seconds(10)) + seconds(700)});
    return steps;
  }

  std::mt19937_64 random_;
  FoldTest& test_;
  bool two_legs_ = false;
  bool coarse_ = false;  // times on the very edges of deadlines, slots and ticks
  bool has_api_ = true;
  double ids_ = 1;
  std::vector<Arrival> arrivals_;
};

}  // namespace slod::fold::test
