// Recompute: sees to it that the numbers are those of the newest config and of all history. Where a new
// config asks only otherwise of what is counted, the evaluator takes it as it is; else the past is refolded
// in the background and the result offered to the evaluator, which goes on answering meanwhile. One at a
// time; a newer wish ends the one that runs. Owns one thread; every call from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "evaluator.h"
#include "history.h"

namespace slod::daemon {

/// How far the numbers are behind what was asked for.
struct RecomputeState {
  bool running = false;
  double progress = 0;   ///< 0 to 1
  std::string revision;  ///< of the config that is being computed
  std::string why;       ///< "config" | "history"
  std::string error;     ///< of the last one, "" if it went well
};

struct RecomputeContext {
  journal::Journal& journal;
  const Dictionary& journal_dictionary;
  Evaluator& evaluator;
  History& history;
  std::function<journal::Position()> last_position;
  TotalsKeeper* totals;  ///< may be null
  std::function<void(const std::string& level, const std::string& message)> log;
};

/// What numbers are made of beside the journal, and what checkpoints of them are made with.
struct Basis {
  std::shared_ptr<const Config> config;
  std::vector<fleet::RegistryEntry> registry;
  std::map<std::string, std::string> made_with;
};

class Recompute {
 public:
  Recompute(RecomputeContext context, Basis basis);
  ~Recompute();
  void start();
  void stop();
  /// The numbers shall be those of this config.
  void want(Basis basis);
  [[nodiscard]] RecomputeState state() const;

 private:
  struct Wish {
    Basis basis;
    std::uint64_t number = 0;
  };
  void loop();
  [[nodiscard]] bool history_is_due();
  void compute(const Wish& wish, const char* why);
  [[nodiscard]] bool goes_on(std::uint64_t wish, double share);
  Status swap(std::unique_ptr<Refolding> refolding, const Wish& wish);
  [[nodiscard]] bool adopted(const Wish& wish);
  Status offer(std::unique_ptr<Offer> offer);
  void begin(const Wish& wish, const char* why);
  void end(const Status& result);

  RecomputeContext context_;
  mutable std::mutex mutex_;  ///< guards the next four
  std::condition_variable changed_;
  Wish wish_;
  RecomputeState state_;
  bool stopping_ = false;
  std::atomic<std::uint64_t> wanted_{0};  ///< number of the newest wish; all ones: stop
  std::uint64_t computed_ = 0;
  std::uint64_t blocks_seen_ = 0;
  std::chrono::steady_clock::time_point quiet_since_, not_before_;
  std::thread thread_;
};

}  // namespace slod::daemon
