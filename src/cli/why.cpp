#include "why.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "ask_daemon.h"
#include "slod/cli/commands.h"
#include "slod/serve/render.h"
#include "terminal.h"

namespace slod::cli {

int why(const WhyArguments& arguments) {
  if (arguments.format != "text" && arguments.format != "json") {
    std::cerr << "slod why: --format is text or json\n";
    return kUsage;
  }
  const auto since = parse_duration(arguments.since);
  if (!since || *since <= Duration(0)) {
    std::cerr << "slod why: --since wants a length of time with its unit, such as 30m, 1h or 7d\n";
    return kUsage;
  }
  const auto data =
      ask_daemon({"why", arguments.url,
                  "/api/v1/slos/" + in_path(arguments.slo) + "/contributors?since=" + arguments.since,
                  minutes(10)});  // an old range is folded anew from the journal
  if (!data) return kFailed;
  if (arguments.format == "json") {
    std::cout << data->dump(2) << "\n";
  } else {
    std::cout << serve::contributors_text_from_json(data->dump(), colour_wanted());
  }
  return kOk;
}

}  // namespace slod::cli
