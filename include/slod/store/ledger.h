// Ledger: what has been acted on. Transitions of alerts and the notifications that they caused are stored in
// one transaction, after the tick is durable in the journal and before anything is sent; deliveries are
// marked here. A replay of the journal up to last_tick() recomputes, but writes and sends nothing. SQLite
// (<state>/ledger.db). Thread: any; calls are serialised inside (this is off the event path).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/time.h"

namespace slod::store {

struct StoredTransition {
  Time at;
  std::string episode, step;  ///< unique together: a transition is stored once, however often it is computed
  std::string slo, severity;
  std::string json;  ///< the transition as the API shows it
};

struct Notification {
  std::int64_t id = 0;  ///< set by the ledger
  std::string destination;
  std::string dedup_key;  ///< FIFO per (destination, dedup_key)
  std::string step;       ///< "trigger", "resolve", "update"
  std::string body;       ///< rendered for the destination, JSON
  Time created, not_before;
  int attempts = 0;
  std::string episode;  ///< of its transition; empty: `created` tells notifications of a key and step apart
};

struct LedgerOptions {
  std::string path;
  /// The journal's newest stamp. A ledger that is put back from its copy writes down what the ticks up to
  /// there decided, and sends nothing of it: it was sent, or nobody knows.
  Time journal_end;
  /// The disk is full: makes room (store/ballast.h); true if there is some now.
  std::function<bool()> make_room;
  std::function<void(const std::string& level, const std::string& message)> log;
};

/// Every hour record() copies the ledger to <path>.backup. A ledger that is damaged, or gone while its copy
/// is there, is put back from it at the open; the damaged file is kept as <path>.damaged. A write that finds
/// the disk full makes room and tries again; a delivery mark that can still not be written is kept in memory
/// and written later, and its notification is not handed out again by next().
class Ledger {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(const LedgerOptions& options);
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(const std::string& path) {
    return open(LedgerOptions{path, {}, {}, {}});
  }
  virtual ~Ledger() = default;

  /// One transaction. Transitions that are already stored, and notifications with their (destination,
  /// dedup_key, step, episode) already stored, are skipped.
  virtual Status record(Time tick, const std::vector<StoredTransition>& transitions,
                        const std::vector<Notification>& notifications) = 0;
  [[nodiscard]] virtual Time last_tick() const = 0;
  /// The oldest deliverable notification of a destination: FIFO per dedup_key, not_before reached.
  [[nodiscard]] virtual std::optional<Notification> next(const std::string& destination, Time now) = 0;
  enum class Outcome { kDelivered, kSuperseded, kDead };
  virtual Status finish(std::int64_t id, Outcome outcome, const std::string& detail, Time now) = 0;
  virtual Status retry_later(std::int64_t id, Time not_before, const std::string& detail) = 0;
  [[nodiscard]] virtual std::vector<StoredTransition> transitions(
      std::size_t limit) const = 0;  ///< newest first
  /// Keys of which a "trigger" is stored and no "resolve": what people were told and not yet told to be over.
  [[nodiscard]] virtual std::vector<std::string> open_keys() const = 0;
  /// Age of the oldest undelivered notification, by destination.
  [[nodiscard]] virtual std::optional<Time> oldest_pending(const std::string& destination) const = 0;
};

}  // namespace slod::store
