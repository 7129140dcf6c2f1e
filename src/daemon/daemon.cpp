#include "slod/daemon/daemon.h"

#include <malloc.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

#include "build_id.h"
#include "log.h"
#include "running_daemon.h"
#include "slod/config/basis.h"
#include "slod/config/load.h"
#include "slod/config/retention.h"
#include "state_dir.h"

namespace slod::daemon {
namespace {

constexpr int kExitFailed = 1, kExitConfig = 2, kExitJournal = 3;
constexpr Duration kStopPatience = seconds(5);

Duration boot_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return seconds(now.tv_sec) + Duration(now.tv_nsec);
}

}  // namespace

Time wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Result<Registry> read_registry(const Config& config) {
  Registry registry;
  if (!config.fleet || config.fleet->registry.empty()) return registry;
  std::ifstream in(config.fleet->registry);
  if (!in) return Error{"cannot read the fleet's registry " + config.fleet->registry};
  std::stringstream text;
  text << in.rdbuf();
  registry.digest = digest_of(text.str());
  auto parsed = fleet::parse_registry(text.str());
  if (!parsed) return Error{config.fleet->registry + ": " + parsed.error().message};
  registry.entries = std::move(*parsed);
  return registry;
}

source::Surroundings Daemon::surroundings() {
  Generation& newest = *generations_.back();
  return {*newest.config, newest.router, *committer_, user_key_,
          // Arrival is journal time: a wall clock that steps must not make devices silent, or records late.
          config_->state.dir, [this] { return committer_->now(); }, daemon::log, config::read_secret,
          options_.mqtt_keep_alive, [this] { return ballast_.there(); }};
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

/// What numbers are made of, and what a checkpoint must have been made with to be used.
Basis Daemon::basis() const {
  const std::string id = build_id();
  const auto text = [](const Digest& digest) {
    return std::to_string(digest.hi) + "-" + std::to_string(digest.lo);
  };
  return {config_,
          registry_.entries,
          {{"build", id.empty() ? options_.version + " " + options_.revision : id},
           {"config", text(digest_of(config::text_without_place(config_->text)))},
           {"registry", text(registry_.digest)}}};
}

Status Daemon::recover() {
  journal::JournalOptions options;
  options.dir = config_->state.dir + "/journal";
  options.keep_journeys = config_->state.keep_journeys;
  options.keep_fleet = config::fleet_rows_kept(*config_);
  options.seals = config_->fleet.has_value();
  options.max_bytes = static_cast<std::uint64_t>(config_->state.max_bytes);
  options.on_cut = [](const std::string& what) { log("error", what); };
  auto journal = journal::open_sqlite_journal(options, dictionary_);
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  ballast_.fill();
  auto ledger = store::Ledger::open({config_->state.dir + "/ledger.db", journal_->last_stamp(),
                                     [this] { return ballast_.drop(); }, daemon::log});
  if (!ledger) return ledger.error();
  ledger_ = std::move(*ledger);
  if (Status fits = journal_fits_ledger(); !fits) return fits;
  auto registry = read_registry(*config_);
  if (!registry) return registry.error();
  registry_ = std::move(*registry);
  if (Status opened = open_history(options); !opened) return opened;
  auto totals = TotalsKeeper::open({options.dir, options.keep_minutes, daemon::log});
  if (!totals && ballast_.drop())
    totals = TotalsKeeper::open({options.dir, options.keep_minutes, daemon::log});
  if (!totals) return totals.error();
  totals_ = std::move(*totals);
  evaluator_ = std::make_unique<Evaluator>(EvaluatorContext{
      config_,
      registry_.entries,
      dictionary_,
      *ledger_,
      {config_->state.dir + "/checkpoint", basis().made_with, options_.checkpoint_every, daemon::log,
       [this](std::uint64_t edition, Time until) { return totals_->reaches(edition, until); }},
      // Its first block follows a group of the committer.
      {[this](Time end, std::uint64_t counted) { return history_->close_fleet(end, counted); },
       [this](journal::SealedBlock block) { return committer_->seal(std::move(block)); }},
      {[this] { return history_->view(); },
       [this](journal::Control control) { return committer_->note(std::move(control)); }},
      totals_.get()});
  const Status recovered = evaluator_->recover(*journal_, [this](const RecoveryProgress& progress) {
    progress_phase_ = progress.phase;
    progress_position_ = progress.position;
    progress_of_ = progress.of;
    progress_ = progress.share;
  });
  why_ = std::make_unique<Why>(
      JournalKept{options.dir, options.keep_journeys, [this] { return history_->view(); }}, [this] {
        const auto fold = evaluator_->fold();
        return Booked{fold->config(), fold->registry(), fold->log(), fold->dictionary(), fold};
      });
  return recovered;
}

/// The ledger acts on what is in the journal: one that is ahead tells that the journal has lost its end. A
/// backup's may be ahead by the time that the copy took.
Status Daemon::journal_fits_ledger() const {
  const Time acted = ledger_->last_tick(), last = journal_->last_stamp();
  const std::string dir = config_->state.dir;
  if (acted > Time{} && journal_->last_position() == 0) {
    return Error{"the journal in " + dir + "/journal is empty, but " + dir +
                 "/ledger.db has acted on it up to " + format_rfc3339(acted) +
                 ": its files were removed, or its disk is not mounted. Mount it, or restore a backup (slod "
                 "restore); to begin anew without the past, move " +
                 dir + " away"};
  }
  if (acted > last + minutes(1)) {
    log("error",
        "the journal in " + dir + "/journal ends at " + format_rfc3339(last) +
            ", but the ledger has acted on it up to " + format_rfc3339(acted) +
            ": what was recorded between is missing from all numbers. After a restore that is the time "
            "that the backup took; else files of the journal are gone: see docs/backup.md");
  }
  return ok();
}

Status Daemon::open_history(journal::JournalOptions options) {
  options.keep_keys = options.keep_journeys;
  options.most_keys = SIZE_MAX;
  options.keep_fleet = config::fleet_history_kept(*config_);
  options.seals = false;
  auto history = History::open({config_->state.dir + "/history", options, wall_clock,
                                [](const std::string& error) { log("warn", error); },
                                [this] { return ballast_.there(); }});
  if (!history) return history.error();
  history_ = std::move(*history);
  return ok();
}

void Daemon::start_notifier() {
  auto notifier = std::make_shared<notify::Notifier>(
      notify::NotifierContext{config_, *ledger_, config::read_secret, daemon::log, wall_clock,
                              [this] { return evaluator_->snapshot(); }, config_->server.external_url});
  notifier->start();
  const std::lock_guard lock(notifier_mutex_);
  notifier_ = std::move(notifier);
}

Status Daemon::start_flow() {
  start_notifier();
  evaluator_->start(
      [this] {
        const std::lock_guard lock(notifier_mutex_);
        notifier_->wake();
      },
      [](const std::string& error) { log("error", "ledger: " + error); });
  committer_ = std::make_unique<Committer>(CommitterContext{
      *config_, *journal_, dictionary_, evaluator_->inbox(), wall_clock, boot_clock,
      [this] { return drained(); }, [](const std::string& error) { log("warn", "journal: " + error); },
      [this](const std::string& error) {
        log("error",
            error +
                "; stopping with code 3. What was answered is on the disk; what was not is sent again "
                "by its senders. Look at the disk first (dmesg), then start slod again");
        journal_dead_ = true;
      },
      [this] { return totals_->position(); }, &ballast_});
  committer_->restore_keys();
  const Time last = journal_->last_stamp();
  committer_->start();
  // What happened while slod was down was not observed.
  if (last != Time{} && committer_->now() > last) {
    committer_->control({journal::ControlKind::kGap, committer_->now(), {}, format_rfc3339(last)});
  }
  if (evaluator_->last_config() != config_->text || evaluator_->routes().empty()) note_config();
  recompute_ = std::make_unique<Recompute>(
      RecomputeContext{*journal_, dictionary_, *evaluator_, *history_,
                       [this] { return committer_->position(); }, totals_.get(), daemon::log},
      basis());
  history_->start();
  recompute_->start();
  return ok();
}

/// The journal keeps each config, and which routes were asked for since when.
void Daemon::note_config() {
  committer_->control({journal::ControlKind::kConfig, wall_clock(), {}, config_->text});
  committer_->control({journal::ControlKind::kConfig, wall_clock(), "routes", RouteDays::describe(*config_)});
}

/// Thread: the committer's.
bool Daemon::drained() const {
  const std::lock_guard lock(sources_mutex_);
  return ready_.load() && std::all_of(sources_.begin(), sources_.end(),
                                      [](const auto& source) { return source->health().drained.load(); });
}

void Daemon::open_gate() {
  if (!ingest_) return;
  source::Surroundings of_history = {*generations_.back()->config,
                                     generations_.back()->router,
                                     *history_,
                                     user_key_,
                                     config_->state.dir,
                                     wall_clock,
                                     daemon::log,
                                     config::read_secret};
  IngestHandlers handlers;
  handlers.records = source::make_http_ingest(surroundings(), [this] { return ready_.load(); });
  handlers.history = source::make_http_history(
      of_history, {config::fleet_history_kept(*config_), [this] { return history_->fleet_closed(); }},
      [this] { return ready_.load(); }, [this] { return history_state(); });
  ingest_gate_.open(std::move(handlers));
}

Status Daemon::start_source(const SourceConfig& source, const std::vector<SourcePosition>& positions) {
  if (source.kind == SourceConfig::Kind::kFile) {
    auto running = source::start_file_tail(surroundings(), source, positions);
    const std::lock_guard lock(sources_mutex_);
    sources_.push_back(std::move(running));
  } else if (source.kind == SourceConfig::Kind::kSyslog) {
    auto running = source::start_syslog(surroundings(), source);
    if (!running) return Error{"source " + source.name + ": " + running.error().message};
    const std::lock_guard lock(sources_mutex_);
    sources_.push_back(std::move(*running));
  } else if (source.kind == SourceConfig::Kind::kMqtt) {
    const auto tell = [this](const std::string& name, bool up, Duration unnoticed) {
      const Time now = committer_->now();
      if (unnoticed > Duration(0))
        committer_->control({journal::ControlKind::kGap, now, name, format_rfc3339(now - unnoticed)});
      const auto kind = up ? journal::ControlKind::kSourceUp : journal::ControlKind::kSourceDown;
      committer_->control({kind, now, name, {}});
    };
    auto running = source::start_mqtt(surroundings(), source, positions, tell);
    if (!running) return Error{"source " + source.name + ": " + running.error().message};
    const std::lock_guard lock(sources_mutex_);
    sources_.push_back(std::move(*running));
  }
  return ok();
}

Status Daemon::start_sources() {
  open_gate();
  const std::vector<SourcePosition> positions = journal_->positions();
  for (const SourceConfig& source : generations_.back()->config->sources) {
    if (Status started = start_source(source, positions); !started) return started;
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
  if (Status flowing = start_flow(); !flowing) return flowing;
  if (Status sources = start_sources(); !sources) return sources;
  evaluator_seen_ = evaluator_.get();
  current_.publish(config_);
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
  if (history_) history_->stop();
  if (committer_) committer_->stop();
  if (recompute_) recompute_->stop();
  if (evaluator_) evaluator_->stop();
  if (totals_) totals_->stop();
  if (notifier_) notifier_->stop(kStopPatience);
  if (web_) web_->stop(seconds(1));
  why_.reset();  // nobody asks any more
  const bool blocked =
      std::any_of(sources_.begin(), sources_.end(), [](const auto& source) { return source->blocked(); });
  // A callback that waits for room in its inbox must not return: its message would be acknowledged and lost.
  if (blocked) std::_Exit(0);
  sources_.clear();
}

void Daemon::tell_of_refusals(const std::string& listener, const net::HttpServer* server, Refused& refused) {
  const auto now = std::chrono::steady_clock::now();
  const std::uint64_t count = server == nullptr ? 0 : server->shed();
  if (count == refused.told || now < refused.silent_until) return;
  const net::Limits limits;
  log("warn", "the " + listener + " listener had no room for " + std::to_string(count - refused.told) +
                  " requests or connections; they got 503 or were closed and can be tried again. It takes " +
                  std::to_string(limits.connections) + " connections, " +
                  std::to_string(limits.connections_per_address) + " of one address, and " +
                  std::to_string(limits.in_flight_bytes >> 20) +
                  " MiB of bodies at once: send batches over few connections that stay open");
  refused = {count, now + std::chrono::minutes(1)};
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
    answer_reloads(signal == SIGHUP);
    tell_of_refusals("ingest", ingest_.get(), refused_ingest_);
    tell_of_refusals("web", web_.get(), refused_web_);
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

/// Bodies, groups of rows and the text of /metrics come and go all the time: memory that the allocator gives
/// back to the system each time must be cleared and mapped each time.
static void keep_memory() {
  constexpr int kLargest = 16 * 1024 * 1024, kSpare = 32 * 1024 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, kLargest);
  ::mallopt(M_TRIM_THRESHOLD, kSpare);
}

int run(const RunOptions& options) {
  if (!start_log(options.log_level, options.log_format)) {
    std::cerr << "slod run: --log.level is debug, info, warn or error; --log.format is logfmt or json\n";
    return kExitConfig;
  }
  const config::Loaded loaded = config::load({options.config_file});
  for (const config::Fault& fault : loaded.faults) std::cerr << config::format_fault(fault, false);
  if (!loaded.config) return kExitConfig;
  keep_memory();
  // Blocked before any thread exists, so that only main takes them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return Daemon(loaded.config, options).run();
}

}  // namespace slod::daemon
