// `slod status`: the SLO table of a running daemon.
#pragma once

#include <string>

namespace slod::cli {

/// Exit code: 0; 1 if no daemon answers at `url` or it is not ready.
int status(const std::string& url, const std::string& format);

}  // namespace slod::cli
