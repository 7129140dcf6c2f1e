// The fleet's machine. Live: every device stands in the group of its current cell and moves when a report or
// a timer moves it; a minute is booked by walking the groups. Late: the cells of the minutes already booked
// are read from the device's history before and after a change, and the difference is booked.
//
// Invariants
//  1. Booked minutes are those ending in (start, booked_end]. For each device their sum at the sink equals
//  its cells as
//     known at `now` (the last tick or boundary).
//  2. A device's group is its cell at every end E from its last refresh until its armed timer T, E <= T.
//  3. now >= booked_end; no row in the state was received before the boundaries up to booked_end were booked,
//  unless
//     its change has been rebooked.
// Thread: the fleet's owner.
#pragma once

#include "device.h"
#include "gaps.h"
#include "report_dedup.h"

namespace slod::fleet {

class DeviceMinutes {
 public:
  DeviceMinutes(const Config& config, Dictionary& dictionary, const std::vector<RegistryEntry>& registry,
                const std::vector<std::string>& asked, MinuteSink& sink);

  bool apply(const DeviceRow& row);
  void tick(Nanos at);
  void unobserved(StringId source, Nanos from, Nanos to);

  [[nodiscard]] StringId label(StringId device, std::string_view name, Nanos at) const;
  [[nodiscard]] fold::DeviceCondition condition(StringId device, Nanos at, Nanos known_at) const;
  [[nodiscard]] FleetCounts counts() const;
  [[nodiscard]] std::vector<DeviceNow> unhealthy_now(std::size_t limit) const;
  // Sealing (device_sealing.cpp); the contracts are fleet.h's.
  [[nodiscard]] SealedFleet facts(Nanos until);
  void seal(Nanos until, SealedFleet& facts);
  void restore(const SealedFleet& facts, Nanos until, Nanos now);
  /// Not the caches of the rules: what they ask the dictionary for is in it.
  template <class A>
  void io(A& a) {
    devices_.io(a, dictionary_.string_count());
    a(groups_, timers_, gaps_, dedup_, duplicates_, started_, start_, booked_end_, sealed_, boundaries_,
      now_);
    if constexpr (A::kReads) find_unhealthy();
  }

 private:
  struct DatedCell {
    Cell cell;
    bool gap = false;
  };
  struct PresenceWords {
    std::vector<StringId> online, offline;
  };
  using Cells = std::vector<DatedCell>;

  // Setting up.
  void learn_sources(const Config& config);
  void enroll(const RegistryEntry& entry);
  void start(Nanos at);

  // Sealing.
  void state_of(DeviceIndex i, Nanos until, SealedFleet& facts);
  void restore(const SealedFleet& facts, std::size_t d, Nanos until);
  void restore_ahead(const SealedFleet& facts);

  // Rows.
  void apply_report(const DeviceRow& row);
  void apply_presence(const DeviceRow& row);
  [[nodiscard]] DeviceIndex find_or_add(StringId device);
  void learn(DeviceIndex i, const Report& report);
  void meet(DeviceIndex i, Nanos at, StringId source);
  void hear(DeviceIndex i, Nanos at);
  [[nodiscard]] Nanos first_effect(const Device& device, Nanos at, bool evidence) const;
  void read_values(const DeviceRow& row);

  // Minutes.
  void find_unhealthy();
  template <typename Change>
  void rebook(DeviceIndex i, Nanos from, Nanos known_at, Change&& change);
  void read_cells(DeviceIndex i, Nanos first_end, Nanos known_at, const Gaps& gaps, Cells& out);
  void book_difference(DeviceIndex i, Nanos first_end);
  void rebook_one(DeviceIndex i, const MinuteBooking& booking, int sign);
  void tell_unhealthy(Nanos end, DeviceIndex i);
  void place(DeviceIndex i, const Cell& cell);
  void book_minute(Nanos end);
  void advance(Nanos at);
  void fire(Nanos at);
  void refresh(DeviceIndex i, Nanos end, Nanos known_at);
  [[nodiscard]] Cell cell_of(const Device& device, const Fields& fields, std::span<const CheckState> checks,
                             Nanos end, Nanos known_at);
  [[nodiscard]] Nanos next_change(const Device& device, std::span<const CheckState> checks, Nanos end,
                                  Nanos known_at) const;
  [[nodiscard]] Nanos horizon() const;
  /// Minutes that end at or before it are not booked anew.
  [[nodiscard]] Nanos final_until() const { return std::max({start_, sealed_, horizon()}); }
  [[nodiscard]] std::uint64_t origin_of(const DeviceRow& row, const Device& device);
  void tell_link(const Device& device, Nanos at, Nanos known_at, fold::DeviceCondition& condition) const;
  void tell_checks(DeviceIndex i, Nanos at, fold::DeviceCondition& condition) const;
  [[nodiscard]] bool was_unhealthy(const Device& device, std::size_t check, Nanos at) const;
  [[nodiscard]] Nanos unhealthy_since(DeviceIndex i, std::uint64_t status) const;
  [[nodiscard]] DeviceNow describe(const Device& device) const;

  const Config& config_;
  Dictionary& dictionary_;
  MinuteSink& sink_;
  mutable Rules rules_;  // what is looked up is remembered
  Judge judge_;
  Devices devices_;
  Groups groups_;
  Unhealthy unhealthy_;
  Timers timers_;
  Gaps gaps_;
  ReportDedup dedup_;
  bool has_registry_;
  std::vector<StringId> sources_;        // of the fleet; index + 1 is the SourceIndex
  std::vector<PresenceWords> presence_;  // by SourceIndex
  std::uint64_t duplicates_ = 0;

  bool started_ = false;
  Nanos start_ = kNever, booked_end_ = kAlways, now_ = kAlways;
  Nanos sealed_ = kAlways;         ///< up to here minutes are final
  std::vector<Nanos> boundaries_;  ///< that will be sealed: what is before them is kept apart
  std::vector<std::pair<StringId, std::uint64_t>> source_hashes_;

  Reader reader_;
  Cells before_, after_;        // scratch
  std::vector<double> values_;  // scratch
};

}  // namespace slod::fleet
