#include "check.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>

#include "replay/input.h"
#include "setup.h"
#include "slod/cli/commands.h"
#include "slod/config/load.h"
#include "slod/decode/decoder.h"
#include "slod/route/intake.h"
#include "slod/route/router.h"
#include "terminal.h"

namespace slod::cli {
namespace {

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// Which of the fields that may be missing were found in a record that a journey has.
class Found {
 public:
  explicit Found(const LogFormat& format) : fields_(format.fields) {}
  void look(const RecordBatch& batch) {
    rows_ += batch.api.size();
    for (const ApiRow& row : batch.api) {
      latency_ = latency_ || row.latency != kNoLatency;
      id_ = id_ || !row.id.empty();
      user_ = user_ || row.user != 0;
      device_ = device_ || row.device != 0;
      for (const Label& label : batch.dictionary.labels(row.labels)) {
        if (label.value != 0) labels_.insert(std::string(batch.dictionary.text(label.key)));
      }
    }
  }
  /// A line for each field that no record has: its path is probably wrong.
  [[nodiscard]] std::string missing() const {
    if (rows_ == 0) return "";
    std::string text;
    const auto miss = [&](const std::string& name, const FieldPath& path) {
      text += "  no record that a journey has holds `" + name + "`, mapped to " + path + "\n";
    };
    if (!latency_ && !fields_.latency.empty()) miss("latency", fields_.latency);
    if (!id_ && !fields_.id.empty()) miss("id", fields_.id);
    if (!user_ && !fields_.user.empty()) miss("user", fields_.user);
    if (!device_ && !fields_.device.empty()) miss("device", fields_.device);
    for (const auto& [name, path] : fields_.labels) {
      if (labels_.count(name) == 0) miss("labels: " + name, path);
    }
    return text;
  }

 private:
  const LogFields& fields_;
  std::size_t rows_ = 0;
  bool latency_ = false, id_ = false, user_ = false, device_ = false;
  std::set<std::string> labels_;
};

/// What to do about each reason, in words.
std::string advice(const SourceCounts& counts) {
  std::string text;
  for (int i = 0; i <= static_cast<int>(decode::Reject::kNotAnObject); ++i) {
    const auto reason = static_cast<decode::Reject>(i);
    if (counts.rejected.count(decode::reject_name(reason)) > 0)
      text += std::string("  ") + decode::reject_name(reason) + ": " + decode::reject_advice(reason) + "\n";
  }
  return text;
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
  std::optional<Found> found;
  if (source->format) found.emplace(*source->format);
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
    if (found) found->look(batch);
    for (const std::string& path : batch.unmatched_paths) {
      if (unmatched.size() < 20 && std::find(unmatched.begin(), unmatched.end(), path) == unmatched.end()) {
        unmatched.push_back(path);
      }
    }
  }
  std::cout << options.sample << ": " << counts.accepted << " accepted, " << counts.ignored << " ignored, "
            << counts.rejected_total() << " rejected, " << counts.late << " late\n";
  std::cout << advice(counts);
  for (const std::string& path : unmatched) std::cout << "  no journey matches " << path << "\n";
  if (found) std::cout << found->missing();
  return counts.rejected_total() > 0 ? kFailed : kOk;
}

/// A registry that is there must be readable whole; one that is not there yet has had its warning.
bool registry_is_good(const Config& config) {
  if (!config.fleet || ::access(config.fleet->registry.c_str(), R_OK) != 0) return true;
  const auto registry = load_registry(config);
  if (!registry) std::cout << "error: " << registry.error().message << "\n1 error\n";
  return static_cast<bool>(registry);
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
  if (!registry_is_good(*loaded.config)) return kFailed;
  std::cout << config::summary(*loaded.config);
  for (const std::string& note : config::not_yet(*loaded.config)) {
    std::cout << "note: without effect in this version: " << note << "\n";
  }
  std::cout << "good" << (warnings > 0 ? ", with " + counted(warnings, "warning") : "") << "\n";
  return options.sample.empty() ? kOk : check_sample(*loaded.config, options);
}

}  // namespace slod::cli
