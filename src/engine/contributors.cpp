#include "slod/engine/contributors.h"

#include <algorithm>
#include <map>

#include "actor_proposal.h"
#include "slod/engine/exemplar.h"
#include "slod/slo/slo_math.h"

namespace slod::engine {
namespace {

using Kind = Dimension::Kind;

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

Share share_of(std::string value, const Tally& tally, const Tally& total) {
  Share share{std::move(value), tally, ratio(tally.bad, total.bad), ratio(tally.valid(), total.valid()), {}};
  if (share.of_bad && share.of_valid && *share.of_valid > 0) share.lift = *share.of_bad / *share.of_valid;
  return share;
}

bool has_any(const Tally& tally) {
  return tally.good != 0 || tally.bad != 0;
}

/// Builds the dimensions of one answer.
class Teller {
 public:
  Teller(const Config& config, const SloConfig& slo, const Dictionary& dictionary,
         const Contributions::Sums& sums)
      : config_(config), dictionary_(dictionary), sums_(sums) {
    if (slo.journey >= 0) own_labels_ = &config.journeys[static_cast<std::size_t>(slo.journey)].labels;
  }

  std::vector<Dimension> journey() {
    std::vector<Dimension> all;
    all.push_back(actors());
    all.push_back(outcomes());
    all.push_back(make(Kind::kStatus, "status", sums_.statuses, [](std::uint16_t status) {
      return status == 0 ? std::string("none") : std::to_string(status);
    }));
    all.push_back(make(Kind::kCondition, "condition", sums_.conditions,
                       [&](std::uint16_t condition) { return condition_word(condition); }));
    labels(all);
    all.push_back(attempts());
    if (config_.server.show_devices) {
      all.push_back(make(Kind::kDevice, "device", sums_.devices,
                         [&](std::uint32_t device) { return std::string(dictionary_.text(device)); }));
    }
    // What says nothing is left out: nobody asked how devices stood, or nothing names one.
    std::erase_if(all, [](const Dimension& d) {
      const bool optional = d.kind == Kind::kCondition || d.kind == Kind::kDevice;
      return d.top.empty() || (optional && d.values == 1 && d.top.front().value.empty());
    });
    return all;
  }

  std::vector<Dimension> fleet() {
    std::vector<Dimension> all;
    all.push_back(make(Kind::kOutcome, "outcome", sums_.reasons, [&](std::uint32_t reason) {
      return reason == 0 ? std::string("healthy") : std::string(dictionary_.text(reason));
    }));
    labels(all);
    if (!sums_.devices.empty()) {
      all.push_back(make(Kind::kDevice, "device", sums_.devices,
                         [&](std::uint32_t device) { return std::string(dictionary_.text(device)); }));
      forget_lift(all.back());  // whose the healthy minutes were is not kept
      if (all.back().top.empty()) all.pop_back();
    }
    return all;
  }

 private:
  /// Sorts by bad, then valid, then name; keeps the top and sums the rest.
  [[nodiscard]] Dimension finish(Kind kind, std::string name, std::vector<Share> shares) const {
    std::sort(shares.begin(), shares.end(), [](const Share& a, const Share& b) {
      if (a.tally.bad != b.tally.bad) return a.tally.bad > b.tally.bad;
      if (a.tally.good != b.tally.good) return a.tally.good > b.tally.good;
      return a.value < b.value;
    });
    Dimension dimension{kind, std::move(name), {}, {}, shares.size()};
    if (shares.size() > kTopValues) {
      Tally rest;
      for (std::size_t i = kTopValues; i < shares.size(); ++i) rest.add(shares[i].tally);
      dimension.others = share_of("", rest, sums_.total);
      shares.resize(kTopValues);
    }
    dimension.top = std::move(shares);
    if (kind == Kind::kCondition) forget_lift(dimension);
    return dimension;
  }

  /// The condition is asked for when something failed: good events have none to compare with.
  static void forget_lift(Dimension& dimension) {
    for (Share& share : dimension.top) share.of_valid = share.lift = std::nullopt;
    if (dimension.others) dimension.others->of_valid = dimension.others->lift = std::nullopt;
  }

  template <typename Map, typename Word>
  [[nodiscard]] Dimension make(Kind kind, std::string name, const Map& tallies, Word word) const {
    std::vector<Share> shares;
    for (const auto& [key, tally] : tallies) {
      if (has_any(tally)) shares.push_back(share_of(word(key), tally, sums_.total));
    }
    return finish(kind, std::move(name), std::move(shares));
  }

  [[nodiscard]] Dimension actors() const {
    std::vector<Share> shares;
    for (std::size_t i = 0; i < sums_.actors.size(); ++i) {
      if (!has_any(sums_.actors[i])) continue;
      shares.push_back(
          share_of(actor_name(config_, static_cast<ActorIndex>(i) - 1), sums_.actors[i], sums_.total));
    }
    return finish(Kind::kActor, "actor", std::move(shares));
  }

  [[nodiscard]] Dimension outcomes() const {
    std::vector<Share> shares;
    for (std::size_t i = 0; i < sums_.outcomes.size(); ++i) {
      if (!has_any(sums_.outcomes[i])) continue;
      shares.push_back(
          share_of(fold::outcome_name(static_cast<fold::Outcome>(i)), sums_.outcomes[i], sums_.total));
    }
    return finish(Kind::kOutcome, "outcome", std::move(shares));
  }

  [[nodiscard]] Dimension attempts() const {
    std::vector<Share> shares;
    for (std::size_t i = 0; i < sums_.attempts.size(); ++i) {
      if (!has_any(sums_.attempts[i])) continue;
      const std::string count = i == 255 ? "255 or more" : std::to_string(i);
      shares.push_back(share_of(count, sums_.attempts[i], sums_.total));
    }
    return finish(Kind::kAttempts, "attempts", std::move(shares));
  }

  /// One dimension per label that any event has; an event without it counts as "".
  void labels(std::vector<Dimension>& all) const {
    std::map<std::string, std::map<std::string, Tally>> by_label;
    for (const auto& [set, tally] : sums_.labels) {
      if (!has_any(tally)) continue;
      for (const Label& label : dictionary_.labels(set))
        by_label[name_of(dictionary_.text(label.key))][std::string(dictionary_.text(label.value))].add(tally);
    }
    for (const auto& [name, values] : by_label) {
      Tally missing = sums_.total;
      std::vector<Share> shares;
      for (const auto& [value, tally] : values) {
        missing.good -= tally.good;
        missing.bad -= tally.bad;
        if (has_any(tally)) shares.push_back(share_of(value, tally, sums_.total));
      }
      if (has_any(missing)) shares.push_back(share_of("", missing, sums_.total));
      all.push_back(finish(Kind::kLabel, name, std::move(shares)));
    }
  }

  /// A device's label goes by its own name, "device.model" is model, unless the log has one of that name.
  [[nodiscard]] std::string name_of(std::string_view label) const {
    constexpr std::string_view kDevice = "device.";
    if (!label.starts_with(kDevice)) return std::string(label);
    const std::string bare(label.substr(kDevice.size()));
    const bool taken = own_labels_ != nullptr &&
                       std::find(own_labels_->begin(), own_labels_->end(), bare) != own_labels_->end();
    return taken ? std::string(label) : bare;
  }

  [[nodiscard]] std::string condition_word(std::uint16_t condition) const {
    std::string word = link_name(static_cast<fold::DeviceCondition::Link>(condition & 7u));
    const std::string check = check_name(config_, static_cast<std::uint8_t>(condition >> 3));
    return check.empty() ? word : word + ", " + check + " failing";
  }

  const Config& config_;
  const std::vector<std::string>* own_labels_ = nullptr;  // of the journey; null: a fleet SLO
  const Dictionary& dictionary_;
  const Contributions::Sums& sums_;
};

}  // namespace

Contributors contributors_of(const Config& config, const SloConfig& slo, SlotRange range,
                             const Contributions::Sums& sums, const Dictionary& dictionary) {
  Contributors answer;
  answer.slo = slo.name;
  answer.from = slot_start(range.from);
  answer.to = slot_start(range.to);
  answer.objective = slo.objective;
  answer.total = sums.total;
  if (slo.journey < 0) answer.unit = "device-minutes";
  answer.sli = slo::sli(sums.total.good, sums.total.valid());
  Teller teller(config, slo, dictionary, sums);
  answer.dimensions = slo.journey >= 0 ? teller.journey() : teller.fleet();
  if (slo.journey >= 0) answer.proposal = propose_actor(config, slo, answer);
  return answer;
}

}  // namespace slod::engine
