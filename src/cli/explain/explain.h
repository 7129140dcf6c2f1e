// `slod explain`: one log line or message, and everything slod makes of it: the fields found, the route, the
// actor, the journey, the events and why; and each rule that did not match, and why not. Pure: text in, text
// out.
#pragma once

#include <string>
#include <string_view>

#include "slod/config/config.h"

namespace slod::cli {

struct Explanation {
  std::string text;
  bool understood = false;  ///< false: rejected; the text says why
};

/// `line`: a line of the source's log, or a message as the replay input has it.
[[nodiscard]] Explanation explain(const Config& config, const SourceConfig& source, std::string_view line);

struct ExplainArguments {
  std::string config_file, source, line = "-";  ///< "-": every line of standard input
};
/// Exit code: 0; 1 if a line was not understood; 2 usage.
int explain_command(const ExplainArguments& arguments);

}  // namespace slod::cli
