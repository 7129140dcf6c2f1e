// The daemon's log: logfmt or JSON on stderr, one line per decision, never one per event.
#pragma once

#include <string>

namespace slod::daemon {

/// level: debug, info, warn, error. format: logfmt, json. Returns false for other words.
bool start_log(const std::string& level, const std::string& format);
/// Control bytes of `message` are escaped, so that a sender's text cannot forge a line.
void log(const std::string& level, const std::string& message);

}  // namespace slod::daemon
