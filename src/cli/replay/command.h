// The command around replay(): options as typed, progress, text or JSON.
#pragma once

#include <string>
#include <vector>

namespace slod::cli {

struct ReplayArguments {
  std::string config_file;
  std::vector<std::string> inputs;  ///< SOURCE=PATH
  std::string until, format = "text";
};

int replay_command(const ReplayArguments& arguments);

}  // namespace slod::cli
