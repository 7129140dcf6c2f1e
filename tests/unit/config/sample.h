// A config with one of most things, for tests that change one of them.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "slod/config/load.h"

namespace slod::config {

inline const std::string kSmall =
    "sources:\n"
    "  gateway:\n"
    "    http: {}\n"
    "    format: json\n"
    "    fields: { time: /ts, method: /m, path: /p, status: /s, latency: { at: /ms, unit: ms }, labels: { "
    "app: /app, area: /area } }\n"
    "  fleet:\n"
    "    mqtt: { url: \"mqtt://localhost\" }\n"
    "    messages:\n"
    "      - { topic: \"v/{device}/state\", is: report, fields: { battery: /b, labels: { model: /model } } "
    "}\n"
    "      - { topic: \"v/{device}/acks\", is: reply, fields: { id: /id, result: /r }, good: [ok] }\n"
    "server: { ingest: { listen: \"127.0.0.1:8080\" } }\n"
    "actors: { rider: { app: [ios, android] }, staff: { app: ops } }\n"
    "journeys:\n"
    "  Unlock:\n"
    "    api: { source: gateway, method: post, route: \"/v/{device}/unlock\", bad: { status: [5xx] } }\n"
    "    device: { source: fleet, command: unlock }\n"
    "  Ride: { api: { source: gateway, method: POST, route: /rides } }\n"
    "fleet: { sources: [fleet] }\n"
    "slos:\n"
    "  - { name: works, actor: rider, journey: Unlock, objective: 99, group_by: [area] }\n"
    "  - { name: fast, actor: [rider, unknown], journey: Ride, sli: latency, threshold: 20s, objective: 98, "
    "window: 30d, alert_policy: strict }\n"
    "  - { name: connected, fleet: connectivity, objective: 97, group_by: [model] }\n"
    "alert_policies:\n"
    "  strict: { rules: [ { severity: page, burn: 14.4, long: 1h, short: 5m } ] }\n"
    "destinations: { chat: { slack: { url: { env: SLACK } } } }\n"
    "routes: [ { to: [chat] } ]\n"
    "maintenance: [ { name: night, rrule: \"FREQ=WEEKLY;BYDAY=TU\", duration: 3h } ]\n";

/// `text` with one occurrence of `from` replaced.
inline std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

}  // namespace slod::config
