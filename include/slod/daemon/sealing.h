// Sealing: what outlives the fleet's rows. Pure: decided by the ticks of the journal alone.
//
// Every third of the retention a tick is a boundary: what is known of each device is noted. Once a boundary
// is older than the retention its minutes are final; then due() gives them and the facts as a block, which
// the committer appends. Only when that is durable (a kSealed control says so) the minutes leave the ledger,
// and the journal may drop the rows before the boundary. A block that a crash took is made again.
//
// A fold that reads the journal from its beginning is given the blocks: it books sealed minutes at the ticks
// of their time, passes over the fleet's rows before the newest boundary, and goes on from its facts.
// Thread: the fold's.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "slod/config/config.h"
#include "slod/daemon/packed_minutes.h"
#include "slod/engine/engine.h"
#include "slod/journal/journal.h"

namespace slod::daemon {

class Sealing {
 public:
  /// Lifetime: what is referred to outlives it, and it the engine's last row. Without a fleet it does
  /// nothing.
  Sealing(const Config& config, Dictionary& dictionary, engine::Engine& engine);

  /// Of a group of the reader with position 0. False: damaged.
  [[nodiscard]] bool take(const journal::SealedBlock& block);
  /// Is the row's effect in what is sealed? `position`: its group's.
  [[nodiscard]] bool covers(const DeviceRow& row, journal::Position position) const {
    return position <= base_.position && of_fleet(row);
  }
  /// The same of a row of history, which comes in order of arrival. (What arrived between the last final
  /// minute and its tick is in the facts.)
  [[nodiscard]] bool covers(const DeviceRow& row) const {
    return (row.received < base_.until || !facts_.empty()) && of_fleet(row);
  }

  /// Before and after the engine's tick. `group`: where the tick stands.
  void before_tick(Time at);
  void after_tick(Time at, journal::Position group);
  /// Room is short: at this tick everything up to the group `wanted` at least.
  void seal_now(Time at, journal::Position group, journal::Position wanted);
  /// A kSealed control: what ends at `until` is durable.
  void settled(Time until);
  /// More was sealed after the reader was opened, so rows may have left before they were read: fold again.
  [[nodiscard]] bool outrun() const { return told_ > begun_; }
  /// The end of what is sealed and durable; the beginning of time, and group 0: nothing is.
  [[nodiscard]] Time until() const { return base_.until; }
  /// Its last group.
  [[nodiscard]] journal::Position position() const { return base_.position; }
  /// The end of the newest minutes that were sealed without this check, because no SLO asked for it then.
  [[nodiscard]] Time since(const std::string& check) const;
  /// Reports that arrived before it and were not counted by then never will be: the end of what is sealed or
  /// due, and what may have come up to its tick's group.
  [[nodiscard]] Time closes() const;

  /// The end of what waits to be made durable; nothing: none does.
  [[nodiscard]] std::optional<Time> due() const;
  /// Requires: due().
  [[nodiscard]] journal::SealedBlock block();

  template <class A>
  void io(A& a) {
    a(ledger_, packed_, marks_, base_, last_tick_, begun_, told_, pending_, facts_, sealed_);
  }

 private:
  struct Mark {
    journal::Position position = 0;  ///< rows of groups up to here are in it
    Time until = Time::min();
    std::string facts;  ///< a SealedFleet as bytes: half of its room, and the sooner in a checkpoint
    bool final = false;
    template <class A>
    void io(A& a) {
      a(position, until, facts, final);
    }
  };
  struct Base {
    journal::Position position = 0;
    Time until = Time::min();
  };
  /// Which checks the minutes of a block are of.
  struct Sealed {
    Time until;
    std::vector<StringId> checks;
    template <class A>
    void io(A& a) {
      a(until, checks);
    }
  };
  static bool of_fleet(const DeviceRow& row) {
    return row.kind == MessageKind::kReport || row.kind == MessageKind::kPresence;
  }
  void pack(Time before, Time at);
  void mark(Time at, journal::Position group);
  void make_final(std::size_t marks);

  bool on_;
  Duration keep_, step_, interval_;
  Dictionary& dictionary_;
  engine::Engine& engine_;
  engine::MinuteLedger ledger_;  ///< of the last hours, and corrections
  PackedMinutes packed_;
  std::deque<Mark> marks_;
  Base base_;  ///< what is durable, as far as this fold was told
  Time last_tick_ = Time::min();
  Time begun_ = Time::min(), told_ = Time::min();  ///< sealed when the reader was opened; as its controls say
  std::deque<SealedMinutes> pending_;              ///< for ticks to come
  std::vector<SealedFleet> facts_;                 ///< of base_, until its tick: at most one
  std::vector<Sealed> sealed_;                     ///< as read; what this fold seals has every check
};

}  // namespace slod::daemon
