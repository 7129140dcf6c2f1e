#include "cli/simulate/simulate.h"

#include <unistd.h>

#include <csignal>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "cli/simulate/fleet_model.h"
#include "cli/simulate/http_sender.h"
#include "cli/simulate/mqtt_sender.h"
#include "slod/config/load.h"

namespace slod::cli {
namespace {

using Clock = std::chrono::steady_clock;

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a signal handler sees nothing else
volatile std::sig_atomic_t interrupted = 0;

/// SIGINT and SIGTERM end the simulation while this lives.
class Interrupts {
 public:
  Interrupts() {
    interrupted = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    ::sigaction(SIGINT, &action, &int_);
    ::sigaction(SIGTERM, &action, &term_);
  }
  ~Interrupts() {
    ::sigaction(SIGINT, &int_, nullptr);
    ::sigaction(SIGTERM, &term_, nullptr);
  }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  struct sigaction int_ {};
  struct sigaction term_ {};
};

/// The wires of one run: a sender for every source that something goes to.
class Wires {
 public:
  Wires(const SimulateOptions& options, std::string url) : url_(std::move(url)) {
    std::ostringstream run;
    run << options.seed << '-' << std::chrono::system_clock::now().time_since_epoch().count() << '-'
        << ::getpid();
    run_ = run.str();
  }

  Status open(const Config& config) {
    for (const SourceConfig& source : config.sources) {
      if (Status status = open(source); !status)
        return Error{"source " + source.name + ": " + status.error().message};
    }
    return ok();
  }

  void send(const Action& action, Time now) {
    const auto mqtt = mqtt_.find(action.source);
    const auto http = http_.find(action.source);
    switch (action.kind) {
      case Action::Kind::kLog:
        if (http != http_.end()) http->second->add(action.text);
        break;
      case Action::Kind::kPublish:
        if (mqtt != mqtt_.end()) mqtt->second->publish(action.topic, action.text, action.retained);
        if (http != http_.end()) http->second->add(bridged(action, now));
        break;
      case Action::Kind::kDisconnect:
        if (mqtt != mqtt_.end()) mqtt->second->disconnect();
        break;
      case Action::Kind::kReconnect:
        if (mqtt != mqtt_.end()) mqtt->second->connect();
        break;
    }
  }

  void finish() {
    for (auto& [source, sender] : http_) sender->finish(seconds(10));
    for (auto& [source, sender] : mqtt_) sender->disconnect();
  }

  void say_trouble() {
    for (auto& [source, sender] : http_) {
      const std::string trouble = sender->trouble();
      if (!trouble.empty())
        std::cerr << "simulate: " << source->name << ": " << trouble << "; trying again\n";
    }
  }

  /// Returns whether anything was delivered.
  [[nodiscard]] bool summary() const {
    bool delivered = false;
    for (const auto& [source, sender] : http_) {
      const HttpTally& t = sender->tally();
      delivered = delivered || t.accepted > 0;
      if (t.posted + t.dropped == 0) continue;
      std::cerr << "  " << source->name << ": posted " << t.posted << ", accepted " << t.accepted
                << ", ignored " << t.ignored << ", rejected " << t.rejected << ", not delivered " << t.dropped
                << ", asked to wait " << t.refusals << " times\n";
    }
    for (const auto& [source, sender] : mqtt_) {
      const MqttTally& t = sender->tally();
      delivered = delivered || t.published > 0;
      std::cerr << "  " << source->name << ": published " << t.published << ", lost while disconnected "
                << t.lost << "\n";
    }
    return delivered;
  }

 private:
  Status open(const SourceConfig& source) {
    const Secret& secret = source.kind == SourceConfig::Kind::kMqtt ? source.mqtt_password : source.token;
    std::string word;
    if (!secret.empty()) {
      const auto read = config::read_secret(secret);
      if (!read) return read.error();
      word = *read;
    }
    if (source.kind == SourceConfig::Kind::kHttp)
      http_.emplace(&source, std::make_unique<HttpSender>(source, url_, word, run_));
    if (source.kind != SourceConfig::Kind::kMqtt) return ok();
    auto sender = std::make_unique<MqttSender>(source, word, source.name + "-" + run_);
    sender->connect();
    if (!sender->connected()) {
      std::cerr << "simulate: source " << source.name << ": cannot connect to the broker " << sender->broker()
                << " yet; trying on, what is published meanwhile is lost\n";
    }
    mqtt_.emplace(&source, std::move(sender));
    return ok();
  }

  /// A message for an http source, as an MQTT bridge posts it.
  static std::string bridged(const Action& action, Time now) {
    return nlohmann::ordered_json{{"tst", format_rfc3339(now)},
                                  {"topic", action.topic},
                                  {"retain", action.retained},
                                  {"payload", action.text}}
        .dump();
  }

  std::string url_, run_;
  std::map<const SourceConfig*, std::unique_ptr<HttpSender>> http_;
  std::map<const SourceConfig*, std::unique_ptr<MqttSender>> mqtt_;
};

Time wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

bool stopped(const SimulateOptions& options) {
  return interrupted != 0 || (options.stop != nullptr && options.stop->load());
}

/// Sleeps until `until`; false when the run was stopped meanwhile.
bool sleep_until(Clock::time_point until, const SimulateOptions& options) {
  while (!stopped(options)) {
    const auto left = until - Clock::now();
    if (left <= left.zero()) return true;
    std::this_thread::sleep_for(std::min<Clock::duration>(left, std::chrono::milliseconds(100)));
  }
  return false;
}

/// Puts the model on the clock until it ends, the time is up or somebody stops it.
void play(FleetModel& model, Wires& wires, const SimulateOptions& options) {
  const auto begin = Clock::now();
  auto next_word = begin + std::chrono::seconds(5);
  while (const auto action = model.next()) {
    const bool over = options.duration && action->at > *options.duration;
    const auto due =
        begin + std::chrono::duration_cast<Clock::duration>(over ? *options.duration : action->at);
    if (!sleep_until(due, options) || over) return;
    wires.send(*action, wall_now());
    if (Clock::now() < next_word) continue;
    wires.say_trouble();
    next_word = Clock::now() + std::chrono::seconds(30);
  }
}

Result<ModelOptions> model_options(const SimulateOptions& options) {
  if (options.config == nullptr) return Error{"no config"};
  if (options.devices < 1 || options.devices > 1'000'000)
    return Error{"--devices must be between 1 and 1000000"};
  if (!(options.rate >= 0) || options.rate > 100'000)
    return Error{"--rate must be between 0 and 100000 a second"};
  ModelOptions model{options.devices, options.rate, options.seed, {}, wall_now()};
  for (const std::string& text : options.incidents) {
    const auto incident = parse_incident(text);
    if (!incident) return incident.error();
    model.incidents.push_back(*incident);
  }
  return model;
}

void summarize(const FleetModel& model) {
  std::cerr << "  journey: attempts, bad, excluded | with retries folded: good, bad (all actors)\n";
  for (const auto& [name, t] : model.tally()) {
    std::cerr << "  " << name << ": " << t.attempts << ", " << t.bad_attempts << ", " << t.excluded << " | "
              << t.good << ", " << t.bad << "\n";
  }
}

}  // namespace

int simulate(const SimulateOptions& options) {
  auto model_of = model_options(options);
  if (!model_of) {
    std::cerr << "simulate: " << model_of.error().message << "\n";
    return 2;
  }
  const Config& config = *options.config;
  Script script = make_script(config);
  for (const std::string& warning : script.warnings) std::cerr << "simulate: " << warning << "\n";
  if (script.acts() == 0 && script.reports.empty()) {
    std::cerr << "simulate: the config has no journey and no report that could be made up\n";
    return 1;
  }
  const ListenAddress& ingest = config.server.ingest;
  Wires wires(options, options.url.empty() ? "http://" + ingest.host + ":" + std::to_string(ingest.port)
                                           : options.url);
  if (Status status = wires.open(config); !status) {
    std::cerr << "simulate: " << status.error().message << "\n";
    return 1;
  }
  const Interrupts interrupts;
  model_of->start = wall_now();
  FleetModel model(std::move(script), *model_of);
  std::cerr << "simulate: " << options.devices << " machines, " << options.rate << " journeys a second, seed "
            << options.seed << "\n";
  play(model, wires, options);
  wires.finish();
  std::cerr << "simulate: done\n";
  const bool delivered = wires.summary();
  summarize(model);
  if (interrupted != 0) return 130;
  return delivered ? 0 : 1;
}

}  // namespace slod::cli
