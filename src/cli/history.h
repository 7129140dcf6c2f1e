// `slod history`: the past of an SLO, step by step, asked of a running daemon.
#pragma once

#include <string>

namespace slod::cli {

struct HistoryArguments {
  std::string slo, since = "30d", from, to, step, url, format = "text";
  bool groups = false;
};
int history(const HistoryArguments& arguments);

}  // namespace slod::cli
