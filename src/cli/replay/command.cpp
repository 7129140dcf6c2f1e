#include "command.h"

#include <iostream>

#include "cli/setup.h"
#include "cli/source_notes.h"
#include "cli/terminal.h"
#include "replay.h"
#include "slod/cli/commands.h"
#include "slod/serve/render.h"

namespace slod::cli {
namespace {

int usage(const std::string& message) {
  std::cerr << "slod replay: " << message << "\n";
  return kUsage;
}

void print_text(const ReplayResult& result) {
  const std::string data = serve::slos_json(*result.snapshot);
  std::cout << serve::slos_table_from_json(data, colour_wanted()) << source_notes(data)
            << serve::unmatched_text_from_json("{\"data\":" + serve::sources_json(*result.snapshot) + "}");
  if (result.transitions.empty()) {
    std::cout << "\nno alert would have fired\n";
    return;
  }
  std::cout << "\nalerts\n";
  for (const engine::Transition& t : result.transitions) {
    std::cout << "  " << format_rfc3339(t.at) << "  " << t.slo;
    for (const auto& [name, value] : t.labels) std::cout << " " << name << "=" << value;
    std::cout << "  " << t.severity << " " << t.long_window << "/" << t.short_window << "  " << t.from
              << " -> " << t.to << "\n";
  }
}

}  // namespace

Result<std::vector<ReplayInput>> parse_inputs(const std::vector<std::string>& texts) {
  std::vector<ReplayInput> inputs;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
      return Error{"--input wants SOURCE=PATH, for example --input gateway=access.log, and not \"" + text +
                   "\""};
    }
    inputs.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return inputs;
}

int replay_command(const ReplayArguments& arguments) {
  if (arguments.format != "text" && arguments.format != "json") return usage("--format is text or json");
  ReplayOptions options;
  auto inputs = parse_inputs(arguments.inputs);
  if (!inputs) return usage(inputs.error().message);
  options.inputs = std::move(*inputs);
  if (!arguments.until.empty()) {
    options.until = parse_rfc3339(arguments.until);
    if (!options.until) return usage("--until wants a time such as 2026-11-22T12:00:00Z");
  }
  options.config = load_config(arguments.config_file);
  if (!options.config) return kUsage;
  auto registry = load_registry(*options.config);
  if (!registry) return usage(registry.error().message);
  options.registry = std::move(*registry);

  catch_interrupt();
  options.interrupted = interrupted;
  Result<ReplayResult> result = Error{};
  {
    Progress progress;
    options.progress = [&](auto bytes, auto total, auto records) { progress.show(bytes, total, records); };
    result = replay(options);
  }
  if (!result) return usage(result.error().message);
  if (arguments.format == "json") {
    std::cout << serve::slos_json(*result->snapshot, &result->transitions, 2) << "\n";
  } else {
    print_text(*result);
  }
  return result->interrupted ? kInterrupted : kOk;
}

}  // namespace slod::cli
