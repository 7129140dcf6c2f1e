#include "cli/backfill/command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/backfill/sender.h"
#include "cli/replay/replay.h"
#include "cli/setup.h"
#include "cli/terminal.h"
#include "slod/cli/commands.h"
#include "slod/config/load.h"

namespace slod::cli {
namespace {

int complain(int code, const std::string& message) {
  std::cerr << "slod backfill: " << message << "\n";
  return code;
}

Result<std::string> ingest_url(const Config& config, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  const ListenAddress& listen = config.server.ingest;
  if (!listen.on || listen.port == 0) {
    return Error{
        "the config does not say where slod takes records in: set server.ingest.listen, or give --url"};
  }
  const bool any = listen.host == "0.0.0.0" || listen.host == "::" || listen.host == "[::]";
  std::string host = any ? "127.0.0.1" : listen.host;
  if (host.find(':') != std::string::npos && host.front() != '[') host = "[" + host + "]";
  return "http://" + host + ":" + std::to_string(listen.port);
}

/// The source's own token, else the first that any http source has.
Result<std::string> token_for(const Config& config, const SourceConfig& source) {
  if (!source.token.empty()) return config::read_secret(source.token);
  for (const SourceConfig& other : config.sources) {
    if (other.token.empty()) continue;
    const auto token = config::read_secret(other.token);
    if (token) return token;
  }
  return std::string();
}

class Backfill {
 public:
  Backfill(const Config& config, std::string url) : config_(config), url_(std::move(url)) {}

  Status open(const std::vector<ReplayInput>& inputs) {
    for (const ReplayInput& input : inputs) {
      if (config_.source(input.source) == nullptr)
        return Error{"--input: no source is called \"" + input.source + "\" in the config"};
      auto lines = LineBlocks::open(input.path);
      if (!lines) return lines.error();
      total_ += (*lines)->bytes_total();
      inputs_.push_back({input.source, Blocks(input.source, std::move(*lines))});
      tallies_[input.source];
    }
    return ok();
  }

  Status send() {
    Progress progress("backfill");
    for (Input& input : inputs_) {
      const auto token = token_for(config_, *config_.source(input.source));
      if (!token) return token.error();
      BackfillSender sender({url_, *token}, interrupted, [&](const std::string& why) { wait_for(why); });
      const auto show = [&] {
        std::uint64_t records = 0;
        for (const auto& [source, tally] : tallies_) records += tally.records();
        progress.show(done_ + input.blocks.input().bytes_read(), total_, records);
      };
      const Status sent = sender.send(input.source, input.blocks, tallies_[input.source], show);
      if (!sent) return Error{input.source + ": " + sent.error().message};
      done_ += input.blocks.input().bytes_read();
    }
    return ok();
  }

  /// Until slod's numbers hold it. False: it was not to be learned.
  bool wait_until_counted() {
    BackfillSender asker({url_, ""}, interrupted, {});
    for (int failures = 0; !interrupted() && failures < 60;) {
      const auto state = asker.state();
      const auto json = nlohmann::json::parse(state.value_or(""), nullptr, false);
      if (json.is_object() && json.value("counted", false)) {
        if (colour_wanted()) std::fputs("\r\033[K", stderr);
        return true;
      }
      failures = json.is_object() ? 0 : failures + 1;
      if (json.is_object() && colour_wanted())
        std::fprintf(stderr, "\r\033[K counting %3.0f %%", json.value("progress", 0.0) * 100);
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return false;
  }

  void print(const std::string& format, bool counted) const {
    if (format == "json") return print_json(counted);
    std::printf("%-20s %12s %12s %12s %12s %12s %12s\n", "source", "records", "accepted", "ignored",
                "rejected", "late", "known before");
    for (const auto& [source, t] : tallies_) {
      std::printf("%-20s %12lu %12lu %12lu %12lu %12lu %12lu\n", source.c_str(), t.records(), t.accepted,
                  t.ignored, t.rejected, t.late, t.known);
    }
  }

 private:
  struct Input {
    std::string source;
    Blocks blocks;
  };

  void print_json(bool counted) const {
    nlohmann::ordered_json json = {{"sources", nlohmann::ordered_json::array()}, {"counted", counted}};
    for (const auto& [source, t] : tallies_) {
      json["sources"].push_back({{"source", source},
                                 {"records", t.records()},
                                 {"accepted", t.accepted},
                                 {"ignored", t.ignored},
                                 {"rejected", t.rejected},
                                 {"late", t.late},
                                 {"known_before", t.known}});
    }
    std::cout << json.dump(2) << "\n";
  }

  /// Each reason once, not at every try.
  void wait_for(const std::string& why) {
    if (why == waited_for_) return;
    waited_for_ = why;
    std::cerr << "slod backfill: waiting: " << why << "\n";
  }

  const Config& config_;
  const std::string url_;
  std::vector<Input> inputs_;
  std::map<std::string, BackfillTally> tallies_;
  std::uint64_t done_ = 0, total_ = 0;
  std::string waited_for_;
};

}  // namespace

int backfill_command(const BackfillArguments& arguments) {
  if (arguments.format != "text" && arguments.format != "json")
    return complain(kUsage, "--format is text or json");
  const auto inputs = parse_inputs(arguments.inputs);
  if (!inputs) return complain(kUsage, inputs.error().message);
  const auto config = load_config(arguments.config_file);
  if (!config) return kUsage;
  const auto url = ingest_url(*config, arguments.url);
  if (!url) return complain(kUsage, url.error().message);
  Backfill backfill(*config, *url);
  if (const Status opened = backfill.open(*inputs); !opened) return complain(kUsage, opened.error().message);
  catch_interrupt();
  const Status sent = backfill.send();
  const bool counted = sent && !arguments.no_wait && !interrupted() && backfill.wait_until_counted();
  backfill.print(arguments.format, counted);
  if (!sent) {
    return complain(kFailed,
                    sent.error().message +
                        "\nWhat slod answered is stored. The same command again goes on where this one "
                        "ended: nothing counts twice.");
  }
  if (interrupted()) return complain(kInterrupted, "interrupted; the same command again goes on from here");
  return kOk;
}

}  // namespace slod::cli
