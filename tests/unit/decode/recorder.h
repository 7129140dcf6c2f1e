// A visitor that keeps what it saw, as plain values.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slod/decode/decoder.h"

namespace slod::decode {

struct SeenLog {
  Time stamp, start;
  Duration latency = kNoLatency;
  std::string method, path, id, device, user;
  int status = 0;
  std::vector<std::string> labels;
  friend bool operator==(const SeenLog&, const SeenLog&) = default;
};

struct SeenMessage {
  std::size_t rule = 0;
  std::optional<Time> time, tst;
  std::string device, id, word;
  Digest payload;
  std::int64_t seq = kNoNumber, boot = kNoNumber;
  double battery = kNoValue, lat = kNoValue, lon = kNoValue;
  bool retained = false;
  std::vector<std::string> labels, values;
};

struct Recorder : RecordVisitor {
  bool on_log(const LogRecord& r) override {
    logs.push_back({r.stamp,
                    r.start,
                    r.latency,
                    std::string(r.method),
                    std::string(r.path),
                    std::string(r.id),
                    std::string(r.device),
                    std::string(r.user),
                    r.status,
                    {r.labels.begin(), r.labels.end()}});
    order += 'a';
    return order.size() < stop_after;
  }
  bool on_message(const MessageRecord& r, std::optional<Time> tst) override {
    messages.push_back({r.rule,
                        r.time,
                        tst,
                        std::string(r.device),
                        std::string(r.id),
                        std::string(r.word),
                        r.payload,
                        r.seq,
                        r.boot,
                        r.battery,
                        r.lat,
                        r.lon,
                        r.retained,
                        {r.labels.begin(), r.labels.end()},
                        {r.values.begin(), r.values.end()}});
    order += 'm';
    return order.size() < stop_after;
  }
  bool on_ignored(std::string_view what, std::optional<Time>) override {
    ignored.emplace_back(what);
    order += 'i';
    return true;
  }
  bool on_reject(Reject reason, std::string_view excerpt) override {
    rejects.push_back(reason);
    excerpts.emplace_back(excerpt);
    order += 'r';
    return true;
  }
  std::vector<SeenLog> logs;
  std::vector<SeenMessage> messages;
  std::vector<std::string> ignored;
  std::vector<Reject> rejects;
  std::vector<std::string> excerpts;
  std::string order;  ///< a accepted log, m message, i ignored, r rejected
  std::size_t stop_after = static_cast<std::size_t>(-1);
};

inline SourceConfig json_source() {
  SourceConfig source;
  source.name = "gateway";
  LogFormat format;
  format.name = "json";
  format.fields.time = "/time";
  format.fields.method = "/method";
  format.fields.path = "/path";
  format.fields.status = "/status";
  format.fields.latency = "/latency";
  format.fields.id = "/id";
  format.fields.device = "/device";
  format.fields.user = "/user";
  format.fields.labels = {{"app", "/app"}, {"area", "/geo/area"}};
  source.format = format;
  return source;
}

inline std::string log_line(const std::string& time = "1795350787.709", const std::string& status = "200",
                            const std::string& latency = "0.25") {
  return R"({"time":)" + time + R"(,"method":"POST","path":"/v1/rides","status":)" + status +
         R"(,"latency":)" + latency +
         R"(,"id":"r1","device":"d1","user":"u1","app":"ios","geo":{"area":"tokyo"}})";
}

}  // namespace slod::decode
