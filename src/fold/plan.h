// The config as the fold needs it: journeys by (source, route) and by (source, command), with their rules and
// horizons worked out once. Immutable but for caches; owned by the fold.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <vector>

#include "fold/booker.h"
#include "fold/journey_labels.h"
#include "fold/status.h"

namespace slod::fold {

inline constexpr Duration kBacklogAge = minutes(2);   ///< older at receipt: timed by its own stamp
inline constexpr Duration kClockSkew = seconds(5);    ///< a command or reply may be timed so much too early
inline constexpr Duration kFutureLimit = minutes(5);  ///< further in the future: clamped to the arrival
inline constexpr Duration kShortestPatience = minutes(10);
inline constexpr Duration kReplyMemory = hours(24);  ///< an unanswered attempt may still be decided so long

struct RetryValue {
  enum class From : std::uint8_t { kDevice, kUser, kLabel };
  From from = From::kDevice;
  StringId label = 0;
};

struct Journey {
  const JourneyConfig* config = nullptr;
  std::optional<StatusRules> status;
  JourneyLabels labels;
  std::vector<RetryValue> retry_by;
  std::vector<Booker> bookers;    ///< one per view
  bool plain = false;             ///< one leg and no retry: an attempt is an event, decided as it comes
  std::size_t device_source = 0;  ///< index into Config::sources
  StringId command = 0;
  Duration deadline{0};
  Duration patience{0};  ///< max(10 min, deadline)
};

/// A command's name on one device source.
struct Channel {
  int opener = -1;  ///< the journey without an API leg that it opens
  Duration deadline{0};
};

class Plan {
 public:
  Plan(const Config& config, Dictionary& dictionary, const DeviceDirectory& devices,
       const std::vector<View>& views, BookingSink& sink);

  /// nullptr if no journey has such an API leg.
  Journey* journey_of(StringId source, StringId route) {
    const int index = journey_at(source, route);
    return index < 0 ? nullptr : &journey(index);
  }
  [[nodiscard]] const Journey* journey_of(StringId source, StringId route) const {
    const int index = journey_at(source, route);
    return index < 0 ? nullptr : &journeys_[static_cast<std::size_t>(index)];
  }
  Journey& journey(int index) { return journeys_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] int index_of(const Journey& journey) const {
    return static_cast<int>(&journey - journeys_.data());
  }
  std::vector<Journey>& journeys() { return journeys_; }

  [[nodiscard]] Channel channel(std::size_t source, StringId command) const;
  /// The longest deadline of the source's device legs.
  [[nodiscard]] Duration longest_deadline(std::size_t source) const { return longest_deadline_[source]; }
  /// Index into Config::sources, or nothing for a name that is not there.
  [[nodiscard]] std::optional<std::size_t> source_index(StringId source) const;
  [[nodiscard]] bool is_good_reply(std::size_t source, StringId word) const;
  [[nodiscard]] RetryKey retry_key(const Journey& journey, const AttemptFacts& facts, std::uint64_t user,
                                   LabelSetId labels) const;
  /// Whether the journey folds retries, and each value of its `by` is there.
  [[nodiscard]] bool has_retry_key(const Journey& journey, const AttemptFacts& facts, std::uint64_t user,
                                   LabelSetId labels) const;

 private:
  [[nodiscard]] int journey_at(StringId source, StringId route) const {
    if (route >= first_of_route_.size()) return -1;
    const RouteOf& first = first_of_route_[route];
    if (first.source == source) return first.journey;
    const auto found = by_route_.find(pair_key(source, route));
    return found == by_route_.end() ? -1 : found->second;
  }
  static std::uint64_t pair_key(std::uint64_t high, StringId low) { return (high << 32) | low; }
  [[nodiscard]] std::uint64_t retry_value(const RetryValue& value, const AttemptFacts& facts,
                                          std::uint64_t user, LabelSetId labels) const;
  void add_sources(const Config& config);
  void add_journey(const Config& config, std::size_t index, const std::vector<View>& views);
  void add_bookers(Journey& journey, int index, const std::vector<View>& views);
  void add_api_leg(const Config& config, Journey& journey, std::size_t index);
  void add_device_leg(const Config& config, Journey& journey, std::size_t index);

  Dictionary& dictionary_;
  const DeviceDirectory& devices_;
  BookingSink& sink_;
  std::vector<Journey> journeys_;
  /// The first source with the route: mostly the only one, and then no hash is needed. By route: those of the
  /// config are interned before all else, so their ids are small.
  struct RouteOf {
    StringId source = 0;
    int journey = -1;
  };
  std::vector<RouteOf> first_of_route_;
  boost::unordered_flat_map<std::uint64_t, int> by_route_;
  boost::unordered_flat_map<std::uint64_t, Channel> channels_;
  boost::unordered_flat_map<StringId, std::size_t> source_index_;
  std::vector<std::vector<StringId>> good_replies_;  // by source
  std::vector<Duration> longest_deadline_;           // by source
};

}  // namespace slod::fold
