// The running parts of slod, in the order in which they start; stop() goes backwards. A reload replaces some
// of them. daemon.cpp starts and stops, daemon_reload.cpp takes over a config, daemon_views.cpp says how
// things are. Main's, but for what is named.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "committer.h"
#include "config_change.h"
#include "evaluator.h"
#include "history.h"
#include "ingest_gate.h"
#include "recompute.h"
#include "slod/daemon/daemon.h"
#include "slod/fleet/registry.h"
#include "slod/net/http_server.h"
#include "slod/notify/notifier.h"
#include "slod/route/router.h"
#include "slod/serve/web.h"
#include "slod/source/sources.h"
#include "slod/store/ballast.h"
#include "why.h"

namespace slod::daemon {

[[nodiscard]] Time wall_clock();

struct Registry {
  std::vector<fleet::RegistryEntry> entries;
  Digest digest;  ///< of the file
};
/// The fleet's registry file; empty without one.
[[nodiscard]] Result<Registry> read_registry(const Config& config);

/// A config that was accepted, and what decoders need of it. Kept until the end: something may still refer to
/// it.
struct Generation {
  explicit Generation(std::shared_ptr<const Config> given) : config(std::move(given)), router(*config) {}
  std::shared_ptr<const Config> config;
  route::Router router;
};

/// The running parts, in the order in which they start; stop() goes backwards.
class Daemon {
 public:
  Daemon(std::shared_ptr<const Config> config, const RunOptions& options)
      : config_(std::move(config)), options_(options), ballast_(config_->state.dir + "/ballast") {
    generations_.push_back(std::make_unique<Generation>(config_));
  }

  int run();

 private:
  Status start();
  Status listen();
  Status recover();
  [[nodiscard]] Status journal_fits_ledger() const;
  Status open_history(journal::JournalOptions options);
  [[nodiscard]] Basis basis() const;
  Status start_flow();
  void open_gate();
  Status start_source(const SourceConfig& source, const std::vector<SourcePosition>& positions);
  Status start_sources();
  Status restart_sources(const Config& old);
  void start_notifier();
  void note_config();
  serve::ReloadAnswer reload();
  Status apply(std::shared_ptr<const Config> next, const ConfigChange& change, Registry registry);
  void answer_reloads(bool asked_by_signal);
  [[nodiscard]] std::string history_state() const;
  void stop();
  int wait_for_end();
  [[nodiscard]] bool drained() const;
  [[nodiscard]] serve::WebContext web_context();
  [[nodiscard]] std::shared_ptr<const engine::Snapshot> not_up(
      std::shared_ptr<const engine::Snapshot> snapshot);
  [[nodiscard]] serve::ProcessFigures figures() const;
  [[nodiscard]] serve::ConfigState config_state() const;
  [[nodiscard]] Result<serve::SloPast> past_of(const std::string& name,
                                               const serve::HistoryRange& range) const;
  [[nodiscard]] source::Surroundings surroundings();

  std::shared_ptr<const Config> config_;  ///< main's; what other threads use is in generations_ or published
  const RunOptions& options_;
  std::vector<std::unique_ptr<Generation>> generations_;  ///< newest last
  Published<Config> current_;                             ///< for the web threads
  Dictionary dictionary_;
  std::atomic<bool> ready_{false}, journal_dead_{false};
  std::atomic<double> progress_{0};
  std::atomic<const char*> progress_phase_{"opening the journal"};
  std::atomic<std::uint64_t> progress_position_{0}, progress_of_{0};
  std::uint64_t user_key_ = 0;

  struct Refused {
    std::uint64_t told = 0;
    std::chrono::steady_clock::time_point silent_until;
  };
  /// What a listener had no room for, in the log at most once a minute.
  void tell_of_refusals(const std::string& listener, const net::HttpServer* server, Refused& refused);
  Refused refused_ingest_, refused_web_;  ///< main's

  std::unique_ptr<net::Handler> web_handler_;
  IngestGate ingest_gate_;
  std::unique_ptr<net::HttpServer> web_, ingest_;
  std::unique_ptr<journal::Journal> journal_;
  store::Ballast ballast_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<TotalsKeeper> totals_;
  std::unique_ptr<Evaluator> evaluator_;
  std::unique_ptr<Why> why_;
  mutable std::mutex notifier_mutex_;  ///< guards the pointer: a reload replaces it; off the event path
  std::shared_ptr<notify::Notifier> notifier_;
  std::unique_ptr<History> history_;
  std::unique_ptr<Recompute> recompute_;
  Registry registry_;
  std::atomic<bool> reload_ok_{true};
  std::mutex reload_mutex_;  ///< guards the next
  std::vector<serve::AnswerReload> reloads_asked_;
  std::unique_ptr<Committer> committer_;
  mutable std::mutex sources_mutex_;  ///< guards the next, which main alone changes
  std::vector<std::unique_ptr<source::RunningSource>> sources_;
  std::shared_ptr<const engine::Snapshot> shown_of_, shown_;  ///< web thread: not_up()'s last answer
  std::vector<std::string> shown_down_;                       ///< web thread
  /// For the web threads: set once, before ready_.
  std::atomic<Evaluator*> evaluator_seen_{nullptr};
};

}  // namespace slod::daemon
