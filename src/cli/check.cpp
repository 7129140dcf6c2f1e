#include "check.h"

#include <algorithm>
#include <iostream>

#include "replay/input.h"
#include "slod/cli/commands.h"
#include "slod/config/load.h"
#include "slod/route/intake.h"
#include "slod/route/router.h"
#include "terminal.h"

namespace slod::cli {
namespace {

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

int check_sample(const Config& config, const CheckOptions& options) {
  const SourceConfig* source = config.source(options.source);
  if (source == nullptr) {
    std::cerr << "slod check: --source: no source is called \"" << options.source << "\" in the config\n";
    return kUsage;
  }
  auto blocks = LineBlocks::open(options.sample);
  if (!blocks) {
    std::cerr << "slod check: " << blocks.error().message << "\n";
    return kUsage;
  }
  const route::Router router(config);
  route::Intake intake(config, *source, router, 0);
  intake.replay_mode({});
  RecordBatch batch;
  SourceCounts counts;
  std::vector<std::string> unmatched;
  std::size_t line = 0;
  for (;;) {
    const auto block = (*blocks)->next();
    if (!block) {
      std::cerr << "slod check: " << block.error().message << "\n";
      return kUsage;
    }
    if (block->empty()) break;
    batch.clear();
    const route::IntakeReport report = intake.lines(*block, Time{}, batch);
    for (const route::RecordError& error : report.errors) {
      std::cout << options.sample << ":" << line + error.index + 1 << ": rejected: " << error.reason << "\n";
    }
    line += report.records;
    counts.add(batch.counts);
    for (const std::string& path : batch.unmatched_paths) {
      if (unmatched.size() < 20 && std::find(unmatched.begin(), unmatched.end(), path) == unmatched.end()) {
        unmatched.push_back(path);
      }
    }
  }
  std::cout << options.sample << ": " << counts.accepted << " accepted, " << counts.ignored << " ignored, "
            << counts.rejected_total() << " rejected, " << counts.late << " late\n";
  for (const std::string& path : unmatched) std::cout << "  no journey matches " << path << "\n";
  return counts.rejected_total() > 0 ? kFailed : kOk;
}

}  // namespace

int check(const CheckOptions& options) {
  const config::Loaded loaded = config::load(options.files);
  for (const config::Fault& fault : loaded.faults) std::cout << config::format_fault(fault, colour_wanted());
  const auto warnings = static_cast<std::size_t>(std::count_if(
      loaded.faults.begin(), loaded.faults.end(), [](const config::Fault& fault) { return fault.warning; }));
  if (!loaded.config) {
    std::cout << counted(loaded.faults.size() - warnings, "error") << ", " << counted(warnings, "warning")
              << "\n";
    return loaded.unreadable ? kUsage : kFailed;
  }
  std::cout << config::summary(*loaded.config);
  for (const std::string& note : config::not_yet(*loaded.config)) {
    std::cout << "note: without effect in this version: " << note << "\n";
  }
  std::cout << "good" << (warnings > 0 ? ", with " + counted(warnings, "warning") : "") << "\n";
  return options.sample.empty() ? kOk : check_sample(*loaded.config, options);
}

}  // namespace slod::cli
