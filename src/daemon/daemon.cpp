#include "slod/daemon/daemon.h"

#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

#include "build_id.h"
#include "committer.h"
#include "evaluator.h"
#include "log.h"
#include "slod/config/load.h"
#include "slod/config/retention.h"
#include "slod/fleet/registry.h"
#include "slod/net/http_server.h"
#include "slod/notify/notifier.h"
#include "slod/route/router.h"
#include "slod/serve/web.h"
#include "slod/source/sources.h"
#include "state_dir.h"
#include "why.h"

namespace slod::daemon {
namespace {

constexpr int kExitFailed = 1, kExitConfig = 2, kExitJournal = 3;
constexpr Duration kStopPatience = seconds(5);

Time wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Duration boot_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return seconds(now.tv_sec) + Duration(now.tv_nsec);
}

/// The text of the registry file; "" where the fleet has none.
Result<std::string> read_registry(const Config& config) {
  if (!config.fleet || config.fleet->registry.empty()) return std::string();
  std::ifstream in(config.fleet->registry);
  if (!in) return Error{"cannot read the fleet's registry " + config.fleet->registry};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string digest_text(const std::string& text) {
  const Digest digest = digest_of(text);
  return std::to_string(digest.hi) + "-" + std::to_string(digest.lo);
}

/// Holds the ingest port from the beginning: until the real handler is there, senders are told to come back.
class Gate final : public net::Handler {
 public:
  void open(net::Handler& behind) { behind_ = &behind; }
  std::optional<net::Response> admit(const net::Request& head, std::optional<std::uint64_t> length) override {
    if (net::Handler* behind = behind_.load()) return behind->admit(head, length);
    return net::Response{503,
                         "application/json",
                         R"({"error":"slod is starting; send this again later"})",
                         {{"Retry-After", "1"}}};
  }
  void handle(net::Request request, net::Respond respond) override {
    if (net::Handler* behind = behind_.load()) behind->handle(std::move(request), std::move(respond));
  }

 private:
  std::atomic<net::Handler*> behind_{nullptr};
};

/// The running parts, in the order in which they start; stop() goes backwards.
class Daemon {
 public:
  Daemon(std::shared_ptr<const Config> config, const RunOptions& options)
      : config_(std::move(config)),
        options_(options),
        router_(*config_),
        ballast_(config_->state.dir + "/ballast") {}

  int run();

 private:
  Status start();
  Status listen();
  Status recover();
  [[nodiscard]] CheckpointOptions checkpoints(const std::string& registry) const;
  Status start_sources();
  void start_flow();
  void stop();
  int wait_for_end();
  [[nodiscard]] bool drained() const;
  [[nodiscard]] serve::WebContext web_context();
  [[nodiscard]] serve::ProcessFigures figures() const;
  [[nodiscard]] source::Surroundings surroundings();

  std::shared_ptr<const Config> config_;
  const RunOptions& options_;
  route::Router router_;
  Dictionary dictionary_;
  std::atomic<bool> ready_{false}, journal_dead_{false};
  std::atomic<double> progress_{0};
  std::atomic<const char*> progress_phase_{"opening the journal"};
  std::atomic<std::uint64_t> progress_position_{0}, progress_of_{0};
  std::uint64_t user_key_ = 0;

  std::unique_ptr<net::Handler> web_handler_, ingest_handler_;
  Gate ingest_gate_;
  std::unique_ptr<net::HttpServer> web_, ingest_;
  std::unique_ptr<journal::Journal> journal_;
  store::Ballast ballast_;
  std::unique_ptr<store::Ledger> ledger_;
  std::unique_ptr<Evaluator> evaluator_;
  std::unique_ptr<Why> why_;
  std::unique_ptr<notify::Notifier> notifier_;
  std::unique_ptr<Committer> committer_;
  std::vector<std::unique_ptr<source::RunningSource>> sources_;
  std::vector<fleet::RegistryEntry> registry_;
  /// For the web threads: set once, before ready_.
  std::atomic<Evaluator*> evaluator_seen_{nullptr};
};

serve::ProcessFigures Daemon::figures() const {
  serve::ProcessFigures figures;
  figures.version = options_.version;
  figures.revision = options_.revision;
  if (!ready_.load()) return figures;
  figures.journal_bytes = journal_->bytes();
  figures.commit_seconds = committer_->commit_seconds();
  if (evaluator_->position() < committer_->position()) {
    figures.fold_lag_seconds = std::max(0.0, to_seconds(wall_clock() - evaluator_->stamp()));
  }
  const notify::NotifierFigures notified = notifier_->figures();
  figures.notifications = notified.outcomes;
  figures.outbox_oldest_seconds = notified.oldest_seconds;
  return figures;
}

serve::WebContext Daemon::web_context() {
  serve::WebContext context;
  context.snapshot = [this]() -> std::shared_ptr<const engine::Snapshot> {
    const Evaluator* evaluator = evaluator_seen_.load();
    return evaluator != nullptr ? evaluator->snapshot() : nullptr;
  };
  context.figures = [this] { return figures(); };
  context.readiness = [this] {
    if (ready_.load()) return serve::Readiness{true, "", 1};
    return serve::Readiness{false, progress_phase_.load(), progress_.load(), progress_position_.load(),
                            progress_of_.load()};
  };
  context.contributors = [this](const std::string& slo, engine::SlotRange range, serve::Contributed done) {
    return ready_.load() && why_->ask(slo, range, std::move(done));
  };
  context.transitions_json = [this] {
    std::string array = "[";
    if (ready_.load()) {
      for (const auto& transition : ledger_->transitions(200))
        array += (array.size() > 1 ? "," : "") + transition.json;
    }
    return array + "]";
  };
  return context;
}

source::Surroundings Daemon::surroundings() {
  return {*config_, router_, *committer_, user_key_,
          // Arrival is journal time: a wall clock that steps must not make devices silent, or records late.
          config_->state.dir, [this] { return committer_->now(); }, daemon::log, config::read_secret};
}

Status Daemon::listen() {
  web_handler_ = serve::make_web_handler(web_context());
  const ListenAddress& web = config_->server.web;
  net::Limits web_limits;
  web_limits.body_bytes = 1024 * 1024;
  auto web_server = net::HttpServer::listen(web.host, web.port, web_limits, 1, "web", *web_handler_);
  if (!web_server) return Error{"server.web.listen: " + web_server.error().message};
  web_ = std::move(*web_server);
  if (!config_->server.ingest.on) return ok();
  const ListenAddress& ingest = config_->server.ingest;
  auto ingest_server = net::HttpServer::listen(ingest.host, ingest.port, net::Limits{},
                                               config_->server.ingest_threads, "ingest", ingest_gate_);
  if (!ingest_server) return Error{"server.ingest.listen: " + ingest_server.error().message};
  ingest_ = std::move(*ingest_server);
  return ok();
}

/// What a checkpoint must have been made with to be used.
CheckpointOptions Daemon::checkpoints(const std::string& registry) const {
  const std::string id = build_id();
  CheckpointOptions options;
  options.dir = config_->state.dir + "/checkpoint";
  options.made_with = {{"build", id.empty() ? options_.version + " " + options_.revision : id},
                       {"config", digest_text(config_->text)},
                       {"registry", digest_text(registry)}};
  options.every = options_.checkpoint_every;
  options.log = daemon::log;
  return options;
}

Status Daemon::recover() {
  journal::JournalOptions options;
  options.dir = config_->state.dir + "/journal";
  options.keep_journeys = config_->state.keep_journeys;
  options.keep_fleet = config::fleet_rows_kept(*config_);
  options.max_bytes = static_cast<std::uint64_t>(config_->state.max_bytes);
  auto journal = journal::open_sqlite_journal(options, dictionary_);
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  ballast_.fill();
  auto ledger = store::Ledger::open({config_->state.dir + "/ledger.db", journal_->last_stamp(),
                                     [this] { return ballast_.drop(); }, daemon::log});
  if (!ledger) return ledger.error();
  ledger_ = std::move(*ledger);
  auto text = read_registry(*config_);
  if (!text) return text.error();
  if (config_->fleet && !config_->fleet->registry.empty()) {
    auto parsed = fleet::parse_registry(*text);
    if (!parsed) return parsed.error();
    registry_ = std::move(*parsed);
  }
  evaluator_ = std::make_unique<Evaluator>(
      EvaluatorContext{config_, registry_, dictionary_, *ledger_, checkpoints(*text)});
  const Status recovered = evaluator_->recover(*journal_, [this](const RecoveryProgress& progress) {
    progress_phase_ = progress.phase;
    progress_position_ = progress.position;
    progress_of_ = progress.of;
    progress_ = progress.share;
  });
  // Only now: the dictionary may have come with the checkpoint.
  why_ = std::make_unique<Why>(
      RefoldInput{config_, registry_, options.dir, options.keep_journeys, options.keep_fleet},
      evaluator_->log(), evaluator_->dictionary());
  return recovered;
}

void Daemon::start_flow() {
  notifier_ = std::make_unique<notify::Notifier>(
      notify::NotifierContext{config_, *ledger_, config::read_secret, daemon::log, wall_clock,
                              [this] { return evaluator_->snapshot(); }, config_->server.external_url});
  evaluator_->start([this] { notifier_->wake(); },
                    [](const std::string& error) { log("error", "ledger: " + error); });
  notifier_->start();
  committer_ = std::make_unique<Committer>(CommitterContext{
      *config_, *journal_, dictionary_, evaluator_->inbox(), wall_clock, boot_clock,
      [this] { return drained(); }, [](const std::string& error) { log("warn", "journal: " + error); },
      [this](const std::string& error) {
        log("error", "the journal can no longer be written, stopping: " + error);
        journal_dead_ = true;
      },
      &ballast_});
  committer_->restore_keys();
  const Time last = journal_->last_stamp();
  committer_->start();
  // What happened while slod was down was not observed.
  if (last != Time{} && committer_->now() > last) {
    committer_->control({journal::ControlKind::kGap, committer_->now(), {}, format_rfc3339(last)});
  }
  if (evaluator_->last_config() != config_->text) {
    committer_->control({journal::ControlKind::kConfig, wall_clock(), {}, config_->text});
  }
}

/// Thread: the committer's. sources_ does not change any more once ready_ is set.
bool Daemon::drained() const {
  return ready_.load() && std::all_of(sources_.begin(), sources_.end(),
                                      [](const auto& source) { return source->health().drained.load(); });
}

Status Daemon::start_sources() {
  if (ingest_) {
    ingest_handler_ = source::make_http_ingest(surroundings(), [this] { return ready_.load(); });
    ingest_gate_.open(*ingest_handler_);
  }
  const std::vector<SourcePosition> positions = journal_->positions();
  for (const SourceConfig& source : config_->sources) {
    if (source.kind == SourceConfig::Kind::kFile) {
      sources_.push_back(source::start_file_tail(surroundings(), source, positions));
    } else if (source.kind == SourceConfig::Kind::kSyslog) {
      auto running = source::start_syslog(surroundings(), source);
      if (!running) return Error{"source " + source.name + ": " + running.error().message};
      sources_.push_back(std::move(*running));
    } else if (source.kind == SourceConfig::Kind::kMqtt) {
      auto running =
          source::start_mqtt(surroundings(), source, positions, [this](const std::string& name, bool up) {
            const auto kind = up ? journal::ControlKind::kSourceUp : journal::ControlKind::kSourceDown;
            committer_->control({kind, committer_->now(), name, {}});
          });
      if (!running) return Error{"source " + source.name + ": " + running.error().message};
      sources_.push_back(std::move(*running));
    }
  }
  return ok();
}

Status Daemon::start() {
  for (const std::string& note : config::not_yet(*config_))
    log("warn", "without effect in this version: " + note);
  if (Status prepared = prepare_state_dir(config_->state.dir); !prepared) return prepared;
  auto key = user_key(config_->state.dir);
  if (!key) return key.error();
  user_key_ = *key;
  if (Status listening = listen(); !listening) return listening;
  web_->start();
  if (ingest_) ingest_->start();
  log("info", "web listens on http://" + config_->server.web.host + ":" + std::to_string(web_->port()) + "/");
  if (Status recovered = recover(); !recovered) return recovered;
  start_flow();
  if (Status sources = start_sources(); !sources) return sources;
  evaluator_seen_ = evaluator_.get();
  ready_ = true;
  if (ingest_) {
    log("info", "ingest listens on http://" + config_->server.ingest.host + ":" +
                    std::to_string(ingest_->port()) + "/ingest/SOURCE");
  }
  log("info", "ready: " + std::to_string(config_->slos.size()) + " SLOs, " +
                  std::to_string(config_->sources.size()) + " sources, journal at position " +
                  std::to_string(journal_->last_position()));
  return ok();
}

void Daemon::stop() {
  ready_ = false;
  if (ingest_) ingest_->stop(kStopPatience);
  for (const auto& source : sources_) source->stop();
  if (committer_) committer_->stop();
  if (evaluator_) evaluator_->stop();
  if (notifier_) notifier_->stop(kStopPatience);
  if (web_) web_->stop(seconds(1));
  why_.reset();  // nobody asks any more
  const bool blocked =
      std::any_of(sources_.begin(), sources_.end(), [](const auto& source) { return source->blocked(); });
  // A callback that waits for room in its inbox must not return: its message would be acknowledged and lost.
  if (blocked) std::_Exit(0);
  sources_.clear();
}

int Daemon::wait_for_end() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  for (;;) {
    const timespec patience{0, 200'000'000};
    const int signal = ::sigtimedwait(&signals, nullptr, &patience);
    if (journal_dead_.load()) return kExitJournal;
    if (signal == SIGTERM || signal == SIGINT) return 0;
    if (signal == SIGHUP) log("warn", "SIGHUP: a changed config takes effect at the next start");
  }
}

int Daemon::run() {
  const Status started = start();
  int code = kExitFailed;
  if (started) {
    code = wait_for_end();
    log("info", "stopping");
  } else {
    log("error", started.error().message);
  }
  if (code == kExitJournal) {
    // Nothing in memory may be waited for: what was answered is on disk, what was not will be sent again.
    std::_Exit(kExitJournal);
  }
  stop();
  return code;
}

}  // namespace

int run(const RunOptions& options) {
  if (!start_log(options.log_level, options.log_format)) {
    std::cerr << "slod run: --log.level is debug, info, warn or error; --log.format is logfmt or json\n";
    return kExitConfig;
  }
  const config::Loaded loaded = config::load({options.config_file});
  for (const config::Fault& fault : loaded.faults) std::cerr << config::format_fault(fault, false);
  if (!loaded.config) return kExitConfig;
  // Blocked before any thread exists, so that only main takes them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return Daemon(loaded.config, options).run();
}

}  // namespace slod::daemon
