// The commands and their options. Prometheus's dotted flags for the daemon, GNU style for the rest.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "backfill/command.h"
#include "backup/backup.h"
#include "check.h"
#include "cli/verify/verify.h"
#include "explain/explain.h"
#include "history.h"
#include "replay/command.h"
#include "setup.h"
#include "simulate/simulate.h"
#include "slod/cli/commands.h"
#include "slod/config/load.h"
#include "slod/core/suggest.h"
#include "slod/daemon/daemon.h"
#include "status.h"
#include "version.h"
#include "why.h"

namespace slod::cli {
namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:9464";

struct Arguments {
  daemon::RunOptions run;
  CheckOptions check;
  ExplainArguments explain;
  ReplayArguments replay;
  BackfillArguments backfill;
  SimulateOptions simulate;
  BackupArguments backup, restore;
  WhyArguments why;
  HistoryArguments history;
  VerifyOptions verify;
  std::string simulate_config, simulate_duration, checkpoint_every = "5m", keep_alive = "30s";
  std::string url = kDefaultUrl, format = "text";
};

void add_run(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand("run", "Run the daemon");
  command->add_option("--config.file", arguments.run.config_file, "The config")->required();
  command->add_option("--log.level", arguments.run.log_level, "debug, info, warn, error")
      ->capture_default_str();
  command->add_option("--log.format", arguments.run.log_format, "logfmt or json")->capture_default_str();
  command
      ->add_option("--checkpoint.every", arguments.checkpoint_every,
                   "How often the state is saved for a quick start; 0s: only at a stop")
      ->capture_default_str();
  command
      ->add_option("--mqtt.keep-alive", arguments.keep_alive,
                   "A broker that is silent for about twice as long is lost")
      ->capture_default_str();
  command->footer(
      "Examples:\n  slod run --config.file=slod.yaml\n"
      "  slod run --config.file=/etc/slod/slod.yaml --log.format=json");
  command->callback([&] {
    const auto every = parse_duration(arguments.checkpoint_every);
    if (!every) {
      std::cerr << "slod run: --checkpoint.every is a duration such as 5m, 1h or 0s\n";
      code = kUsage;
      return;
    }
    const auto alive = parse_duration(arguments.keep_alive);
    if (!alive || *alive < seconds(1) || *alive > hours(18) || *alive % seconds(1) != Duration(0)) {
      std::cerr << "slod run: --mqtt.keep-alive is a duration of whole seconds from 1s to 18h\n";
      code = kUsage;
      return;
    }
    arguments.run.checkpoint_every = *every;
    arguments.run.mqtt_keep_alive = *alive;
    arguments.run.version = kVersion;
    arguments.run.revision = kRevision;
    code = daemon::run(arguments.run);
  });
}

void add_check(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command =
      app.add_subcommand("check", "Check a config: every fault at once, with line and column");
  command->add_option("FILE", arguments.check.files, "Config files")->required();
  CLI::Option* sample = command->add_option("--sample", arguments.check.sample, "A log to try the config on");
  CLI::Option* source =
      command->add_option("--source", arguments.check.source, "The source that the log is of");
  sample->needs(source);
  source->needs(sample);
  command->footer(
      "Examples:\n  slod check slod.yaml\n"
      "  slod check slod.yaml --sample /var/log/nginx/access.log --source edge");
  command->callback([&] { code = check(arguments.check); });
}

void add_explain(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand("explain", "What one log line or message becomes, and why");
  command->add_option("--config.file", arguments.explain.config_file, "The config")->required();
  command->add_option("--source", arguments.explain.source, "The source that the line is of")->required();
  command->add_option("LINE", arguments.explain.line, "The line; - reads standard input")
      ->capture_default_str();
  command->footer(
      "Examples:\n  tail -1 /var/log/nginx/access.log | slod explain --config.file=slod.yaml --source edge\n"
      "  slod explain --config.file=slod.yaml --source gateway "
      "'{\"ts\":1795350787,\"method\":\"POST\",\"path\":\"/v1/rides\",\"status\":502}'");
  command->callback([&] { code = explain_command(arguments.explain); });
}

void add_replay(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command =
      app.add_subcommand("replay", "Run recorded logs and messages through the whole engine, in event time");
  command->add_option("--config.file", arguments.replay.config_file, "The config")->required();
  command->add_option("--input", arguments.replay.inputs, "SOURCE=PATH; .gz and .zst too, - is stdin")
      ->required()
      ->type_size(1)
      ->allow_extra_args(false);
  command->add_option("--until", arguments.replay.until, "Stop before this time, RFC 3339");
  command->add_option("--format", arguments.replay.format, "text or json")->capture_default_str();
  command->footer(
      "Examples:\n  slod replay --config.file=slod.yaml --input edge=access.log\n"
      "  slod replay --config.file=slod.yaml --input edge=access.log.1.gz --input fleet=messages.jsonl "
      "--format json");
  command->callback([&] { code = replay_command(arguments.replay); });
}

void add_backfill(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand(
      "backfill", "Put recorded logs into a running slod as history: counted once, no alerts for the past");
  command->add_option("--config.file", arguments.backfill.config_file, "The config of the slod that runs")
      ->required();
  command->add_option("--input", arguments.backfill.inputs, "SOURCE=PATH; .gz and .zst too, - is stdin")
      ->required()
      ->type_size(1)
      ->allow_extra_args(false);
  command->add_option("--url", arguments.backfill.url,
                      "The ingest listener, if it is not where the config says");
  command->add_option("--format", arguments.backfill.format, "text or json")->capture_default_str();
  command->add_flag("--no-wait", arguments.backfill.no_wait, "Do not wait until the numbers hold it");
  command->footer(
      "Examples:\n  slod backfill --config.file=slod.yaml --input edge=access.log.1.gz\n"
      "  slod backfill --config.file=slod.yaml --input gateway=october.jsonl.zst --input "
      "fleet=messages.jsonl");
  command->callback([&] { code = backfill_command(arguments.backfill); });
}

void add_status(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand("status", "The SLO table of a running slod");
  command->add_option("--url", arguments.url, "Its web address")->capture_default_str();
  command->add_option("--format", arguments.format, "text or json")->capture_default_str();
  command->footer("Examples:\n  slod status\n  slod status --url http://slod.internal:9464 --format json");
  command->callback([&] { code = status(arguments.url, arguments.format); });
}

void add_why(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand("why", "What ate the budget of an SLO, asked of a running slod");
  WhyArguments& why_arguments = arguments.why;
  why_arguments.url = kDefaultUrl;
  command->add_option("SLO", why_arguments.slo, "Its name")->required();
  command->add_option("--since", why_arguments.since, "How far to look back")->capture_default_str();
  command->add_option("--url", why_arguments.url, "Its web address")->capture_default_str();
  command->add_option("--format", why_arguments.format, "text or json")->capture_default_str();
  command->footer(
      "Examples:\n  slod why unlock-availability\n  slod why unlock-availability --since 7d --format json");
  command->callback([&] { code = why(arguments.why); });
}

void add_history(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand(
      "history", "The past of an SLO by hour or day, up to 3 years, asked of a running slod");
  HistoryArguments& asked = arguments.history;
  asked.url = kDefaultUrl;
  command->add_option("SLO", asked.slo, "Its name")->required();
  CLI::Option* since = command->add_option("--since", asked.since, "How far to look back");
  since->capture_default_str();
  command->add_option("--from", asked.from, "Instead: from this time on")->excludes(since);
  command->add_option("--to", asked.to, "Up to this time");
  command->add_option("--step", asked.step, "Whole hours or days: 1h, 1d, 7d");
  command->add_flag("--groups", asked.groups, "Each group of group_by too");
  command->add_option("--url", asked.url, "Its web address")->capture_default_str();
  command->add_option("--format", asked.format, "text or json")->capture_default_str();
  command->footer(
      "Examples:\n  slod history unlock-availability --since 90d --step 7d\n"
      "  slod history unlock-availability --from 2025-11-01T00:00:00Z --to 2025-12-01T00:00:00Z --groups");
  command->callback([&] { code = history(arguments.history); });
}

int simulate_command(Arguments& arguments) {
  SimulateOptions& options = arguments.simulate;
  if (!arguments.simulate_duration.empty()) {
    options.duration = parse_duration(arguments.simulate_duration);
    if (!options.duration) {
      std::cerr << "slod simulate: --duration wants a time with its unit, such as 60s or 5m\n";
      return kUsage;
    }
  }
  options.config = load_config(arguments.simulate_config);
  return options.config ? simulate(options) : kUsage;
}

void add_simulate(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand(
      "simulate", "A made-up fleet: requests posted and telemetry published to a running slod");
  SimulateOptions& options = arguments.simulate;
  command->add_option("--config.file", arguments.simulate_config, "The config of the slod that runs")
      ->required();
  command->add_option("--devices", options.devices, "Vehicles")->capture_default_str();
  command->add_option("--rate", options.rate, "Journeys per second, over the whole fleet")
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Same seed, same fleet")->capture_default_str();
  command->add_option("--incident", options.incidents, "NAME@T+D: begins after T, lasts D")
      ->type_size(1)
      ->allow_extra_args(false);
  command->add_option("--duration", arguments.simulate_duration, "How long; until Ctrl-C without it");
  command->add_option("--url", options.url, "The ingest listener, if it is not where the config says");
  command->footer("Incidents:\n" + incident_help() +
                  "\nExamples:\n  slod simulate --config.file=slod.yaml --devices 200 --rate 5 --seed 1\n"
                  "  slod simulate --config.file=slod.yaml --incident unlock-errors@20s+30s --duration 60s");
  command->callback([&] { code = simulate_command(arguments); });
}

void add_place(CLI::App& command, BackupArguments& arguments) {
  CLI::Option* config =
      command.add_option("--config.file", arguments.config_file, "The config whose state.dir is meant");
  command.add_option("--state", arguments.state, "The state directory itself")->excludes(config);
}

void add_backup(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand("backup", "Copy the state directory, also while slod runs");
  command->add_option("DIR", arguments.backup.dir, "Where to; must not exist, or be empty")->required();
  add_place(*command, arguments.backup);
  command->footer(
      "Examples:\n  slod backup --config.file=slod.yaml /backup/slod-2026-11-22\n"
      "  slod backup --state /var/lib/slod /mnt/backup/slod");
  command->callback([&] { code = backup_command(arguments.backup); });
}

void add_restore(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand("restore", "Put a backup back into an empty state directory");
  command->add_option("DIR", arguments.restore.dir, "The backup")->required();
  add_place(*command, arguments.restore);
  command->footer(
      "Examples:\n  slod restore --config.file=slod.yaml /backup/slod-2026-11-22\n"
      "  slod restore --state /var/lib/slod /mnt/backup/slod");
  command->callback([&] { code = restore_command(arguments.restore); });
}

void add_version(CLI::App& app, int& code) {
  CLI::App* command = app.add_subcommand("version", "The version");
  command->footer("Examples:\n  slod version\n  slod --version");
  command->callback([&] {
    std::cout << version_line() << "\n";
    code = kOk;
  });
}

void add_verify(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* command = app.add_subcommand(
      "verify", "Refold a state directory's journal and compare with its checkpoint and ledger");
  command->add_option("--state", arguments.verify.state, "The state directory (state.dir)")->required();
  command->add_option("--config.file", arguments.verify.config_file,
                      "The config; by default the one that the journal holds");
  command->add_option("--format", arguments.verify.format, "text or json")->capture_default_str();
  command->footer(
      "Examples:\n  slod verify --state /var/lib/slod\n"
      "  slod verify --state ./copy --config.file=slod.yaml --format json");
  command->callback([&] { code = verify(arguments.verify); });
}

void add_schema(CLI::App& app, int& code) {
  CLI::App* command = app.add_subcommand("schema", "JSON Schema of the config, for editors");
  command->footer(
      "Examples:\n  slod schema > slod.schema.json\n"
      "  slod schema | jq .properties.slos");
  command->callback([&] {
    std::cout << config::json_schema() << "\n";
    code = kOk;
  });
}

/// CLI11 itself says of an unknown command only that it wants one.
bool told_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return false;
  std::cerr << "slod: unknown command \"" << argv[1] << "\"" << did_you_mean(argv[1], names)
            << "\nRun `slod --help` for the list.\n";
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "slod: are the promises to the users of a fleet being kept, what eats the budget, what to do first"};
  app.name("slod");
  app.require_subcommand(1);
  app.set_version_flag("--version", version_line());
  Arguments arguments;
  int code = kOk;
  add_run(app, arguments, code);
  add_check(app, arguments, code);
  add_explain(app, arguments, code);
  add_replay(app, arguments, code);
  add_backfill(app, arguments, code);
  add_status(app, arguments, code);
  add_why(app, arguments, code);
  add_history(app, arguments, code);
  add_simulate(app, arguments, code);
  add_backup(app, arguments, code);
  add_restore(app, arguments, code);
  add_verify(app, arguments, code);
  add_schema(app, code);
  add_version(app, code);
  if (told_unknown_command(app, argc, argv)) return kUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11's own codes start at 100; help and version are 0.
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return code;
}

}  // namespace slod::cli
