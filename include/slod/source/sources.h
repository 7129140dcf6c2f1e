// Sources: bytes in, answers out. Each owns its limits, its authentication and its position; each hands
// batches to the committer and says nothing to its sender before they are durable.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/result.h"
#include "slod/core/submission.h"
#include "slod/net/http_server.h"
#include "slod/route/intake.h"

namespace slod::source {

/// What a source needs of its surroundings. Lifetime: all outlive the source.
struct Surroundings {
  const Config& config;
  const route::Router& router;
  SubmissionSink& committer;
  std::uint64_t user_key = 0;
  std::string state_dir;
  std::function<Time()> wall_clock;
  std::function<void(const std::string& level, const std::string& message)> log;
  std::function<Result<std::string>(const Secret&)>
      read_secret;                         ///< {file:} or {env:}; may be empty without secrets
  Duration mqtt_keep_alive = seconds(30);  ///< whole seconds
  /// False while what room the disk has is kept for alerts; may be empty. Any thread.
  std::function<bool()> room = {};
};

/// A source's life for /api/v1/sources and metrics. Counters are atomics: any thread may read.
struct SourceHealth {
  std::atomic<bool> up{false};
  std::atomic<bool> drained{false};    ///< has read once to the end of what had piled up while slod was away
  std::atomic<std::uint64_t> shed{0};  ///< records dropped without a signal to retry
  std::atomic<std::int64_t> last_event{0};  ///< nanoseconds since the epoch; 0: none
};

/// POST /ingest/{source} for every http source of the config. The handler is given to an HttpServer.
[[nodiscard]] std::unique_ptr<net::Handler> make_http_ingest(const Surroundings& surroundings,
                                                             std::function<bool()> ready);

/// Which messages of devices history may still bring; others are late.
struct HistoryBounds {
  Duration keep_fleet{0};  ///< of now: older ones are late
  std::function<Time()>
      fleet_closed;  ///< reports and presence that arrived before it: too late to be counted
};

/// POST /backfill/{source} for every source of the config, whatever its kind: recorded lines as `slod replay`
/// reads them, with the same answers; `surroundings.committer` takes them as history. A source without a
/// token of its own asks for any http source's token, or for none on a loopback listener. GET /backfill
/// answers `state()`, a JSON object: whether the numbers hold all of it.
[[nodiscard]] std::unique_ptr<net::Handler> make_http_history(const Surroundings& surroundings,
                                                              HistoryBounds bounds,
                                                              std::function<bool()> ready,
                                                              std::function<std::string()> state);

/// A running file tail, syslog socket or MQTT subscription.
class RunningSource {
 public:
  virtual ~RunningSource() = default;  ///< stops and joins
  virtual void stop() = 0;
  [[nodiscard]] virtual const SourceHealth& health() const = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;
  /// After stop(): a library's thread was left behind waiting, because going on would acknowledge what is not
  /// stored. The process must then end by std::_Exit once everything else is stopped.
  [[nodiscard]] virtual bool blocked() const { return false; }
};

/// Follows a file through rotation by rename and copytruncate, from `positions` on. A file that is not there
/// yet is waited for.
[[nodiscard]] std::unique_ptr<RunningSource> start_file_tail(const Surroundings& surroundings,
                                                             const SourceConfig& source,
                                                             const std::vector<SourcePosition>& positions);
/// Listens for syslog datagrams on UDP or a unix socket. Best effort: a sender hears nothing; what was
/// dropped is counted as shed where that can be known.
[[nodiscard]] Result<std::unique_ptr<RunningSource>> start_syslog(const Surroundings& surroundings,
                                                                  const SourceConfig& source);
/// `unnoticed`: a loss was noticed so long after the broker's last sign of life (0: at once).
using OnConnection = std::function<void(const std::string& source, bool up, Duration unnoticed)>;
/// Subscribes; the callback appends to the inbox (<state>/inbox/<source>.*), a reader feeds the committer
/// from there. A broker that is down is retried for ever; `on_connection` hears of every change, and of a
/// first connect that takes longer than a second.
[[nodiscard]] Result<std::unique_ptr<RunningSource>> start_mqtt(const Surroundings& surroundings,
                                                                const SourceConfig& source,
                                                                const std::vector<SourcePosition>& positions,
                                                                OnConnection on_connection);

}  // namespace slod::source
