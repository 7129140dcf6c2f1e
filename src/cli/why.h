// `slod why`: what ate the budget of an SLO, asked of a running daemon.
#pragma once

#include <string>

namespace slod::cli {

struct WhyArguments {
  std::string slo, since = "1h", url, format = "text";
};
int why(const WhyArguments& arguments);

}  // namespace slod::cli
