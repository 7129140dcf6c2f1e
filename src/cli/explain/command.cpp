#include <iostream>

#include "cli/explain/explain.h"
#include "cli/setup.h"
#include "slod/cli/commands.h"

namespace slod::cli {

int explain_command(const ExplainArguments& arguments) {
  const auto config = load_config(arguments.config_file);
  if (!config) return kUsage;
  const SourceConfig* source = config->source(arguments.source);
  if (source == nullptr) {
    std::cerr << "slod explain: --source: no source is called \"" << arguments.source
              << "\" in the config; it has";
    for (const SourceConfig& known : config->sources) std::cerr << " " << known.name;
    std::cerr << "\n";
    return kUsage;
  }
  bool understood = true;
  const auto show = [&](const std::string& line) {
    const Explanation explanation = explain(*config, *source, line);
    std::cout << explanation.text;
    understood = understood && explanation.understood;
  };
  if (arguments.line != "-") {
    show(arguments.line);
  } else {
    bool first = true;
    for (std::string line; std::getline(std::cin, line); first = false) {
      if (!first) std::cout << "\n";
      show(line);
    }
  }
  return understood ? kOk : kFailed;
}

}  // namespace slod::cli
