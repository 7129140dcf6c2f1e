#include "history.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "ask_daemon.h"
#include "slod/cli/commands.h"
#include "slod/serve/render.h"
#include "terminal.h"

namespace slod::cli {

int history(const HistoryArguments& arguments) {
  if (arguments.format != "text" && arguments.format != "json") {
    std::cerr << "slod history: --format is text or json\n";
    return kUsage;
  }
  std::string path =
      "/api/v1/slos/" + in_path(arguments.slo) + "/history?groups=" + (arguments.groups ? "1" : "0");
  path += arguments.from.empty() ? "&since=" + in_path(arguments.since) : "&from=" + in_path(arguments.from);
  if (!arguments.to.empty()) path += "&to=" + in_path(arguments.to);
  if (!arguments.step.empty()) path += "&step=" + in_path(arguments.step);
  const auto data = ask_daemon({"history", arguments.url, path});
  if (!data) return kFailed;
  if (arguments.format == "json") {
    std::cout << data->dump(2) << "\n";
  } else {
    std::cout << serve::history_text_from_json(data->dump(), colour_wanted());
  }
  return kOk;
}

}  // namespace slod::cli
