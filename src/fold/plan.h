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
    const auto found = by_route_.find(pair_key(source, route));
    return found == by_route_.end() ? nullptr : &journeys_[found->second];
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
  boost::unordered_flat_map<std::uint64_t, std::size_t> by_route_;
  boost::unordered_flat_map<std::uint64_t, Channel> channels_;
  boost::unordered_flat_map<StringId, std::size_t> source_index_;
  std::vector<std::vector<StringId>> good_replies_;  // by source
  std::vector<Duration> longest_deadline_;           // by source
};

}  // namespace slod::fold
