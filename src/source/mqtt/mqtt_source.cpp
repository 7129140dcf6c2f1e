#include "source/mqtt/mqtt_source.h"

#include <thread>

#include "source/mqtt/broker_link.h"
#include "source/mqtt/entrance.h"
#include "source/mqtt/inbox_feed.h"
#include "source/mqtt/link_watcher.h"
#include "source/mqtt/topic_filter.h"

namespace slod::source {
namespace {

Result<BrokerAccess> broker_access(const Surroundings& surroundings, const SourceConfig& source) {
  BrokerAccess access;
  access.host = source.mqtt_host;
  access.port = source.mqtt_port;
  access.tls = source.mqtt_tls;
  access.client_id = source.mqtt_client_id;
  access.username = source.mqtt_username;
  access.ca_file = source.mqtt_ca_file;
  access.cert_file = source.mqtt_cert_file;
  access.key_file = source.mqtt_key_file;
  access.qos = source.mqtt_qos;
  access.keep_alive = surroundings.mqtt_keep_alive;
  access.filters = topic_filters(source.messages);
  if (source.mqtt_password.empty()) return access;
  if (!surroundings.read_secret)
    return Error{"source " + source.name + ": nothing here can read its password"};
  const auto password = surroundings.read_secret(source.mqtt_password);
  if (!password) return Error{"source " + source.name + ": password: " + password.error().message};
  access.password = *password;
  return access;
}

/// All that the library's callback touches. Lives on, on purpose, when a blocked callback is left behind.
struct Pipe {
  std::unique_ptr<Inbox> inbox;
  std::unique_ptr<Entrance> entrance;
  WakeUp bell;
  std::unique_ptr<BrokerLink> link;
};

class MqttSource : public RunningSource {
 public:
  MqttSource(const Surroundings& surroundings, const SourceConfig& source, const MqttTuning& tuning,
             std::unique_ptr<Pipe> pipe)
      : surroundings_(surroundings),
        source_(source),
        tuning_(tuning),
        pipe_(std::move(pipe)),
        feed_(surroundings_, source_, *pipe_->inbox, health_) {}
  ~MqttSource() override { stop(); }

  Status start(const BrokerAccess& access, OnConnection on_connection) {
    pipe_->link = std::make_unique<BrokerLink>(access, *pipe_->entrance, pipe_->bell);
    watcher_ = std::make_unique<LinkWatcher>(
        source_.name, access.address(),
        LinkWatcher::Watched{*pipe_->link, *pipe_->entrance, *pipe_->inbox, pipe_->bell, health_},
        surroundings_.log, std::move(on_connection), tuning_.warn_when_waiting);
    feed_.start();
    if (Status status = pipe_->link->start(); !status) return status;
    watcher_->start();
    return ok();
  }

  void stop() override {
    if (!pipe_) return;
    const bool blocked = !wait_for_room();
    if (blocked) {
      abandon();
    } else {
      pipe_->link->stop();  // before the feed: what arrives until then still finds a reader
    }
    watcher_.reset();  // it looks at what the pipe holds: it must not outlive it
    feed_.stop();
    if (blocked) static_cast<void>(pipe_.release());
    pipe_.reset();
  }

  [[nodiscard]] const SourceHealth& health() const override { return health_; }
  [[nodiscard]] const std::string& name() const override { return source_.name; }
  [[nodiscard]] bool blocked() const override { return blocked_.load(); }

 private:
  /// While a message waits for room, disconnecting would wait for it too (the library holds its lock in
  /// callbacks). The feed is still draining the inbox: give it a moment.
  bool wait_for_room() {
    const auto until = std::chrono::steady_clock::now() + tuning_.drain_at_stop;
    const auto stuck = [&] { return pipe_->entrance->waiting_for() > std::chrono::milliseconds(200); };
    while (stuck() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return !stuck();
  }

  /// Returning from the callback would acknowledge a message that is nowhere stored. So it does not return,
  /// and the connection, its thread and the inbox stay until the process ends.
  void abandon() {
    pipe_->entrance->abandon();
    blocked_.store(true);
    if (surroundings_.log) {
      surroundings_.log("warn",
                        "source " + source_.name +
                            ": stopping with a message that found no room; it stays unacknowledged and the "
                            "broker sends it again");
    }
  }

  const Surroundings surroundings_;
  const SourceConfig& source_;
  const MqttTuning tuning_;
  SourceHealth health_;
  std::atomic<bool> blocked_{false};
  std::unique_ptr<Pipe> pipe_;
  InboxFeed feed_;
  std::unique_ptr<LinkWatcher> watcher_;
};

}  // namespace

Result<std::unique_ptr<RunningSource>> start_mqtt_tuned(const Surroundings& surroundings,
                                                        const SourceConfig& source,
                                                        const std::vector<SourcePosition>& positions,
                                                        OnConnection on_connection,
                                                        const MqttTuning& tuning) {
  const auto access = broker_access(surroundings, source);
  if (!access) return access.error();
  InboxOptions options{surroundings.state_dir + "/inbox", source.name, tuning.max_file, tuning.max_backlog,
                       source.mqtt_power_durable};
  auto inbox = Inbox::open(options, positions, surroundings.log);
  if (!inbox) return Error{"source " + source.name + ": " + inbox.error().message};
  auto pipe = std::make_unique<Pipe>();
  pipe->inbox = std::move(*inbox);
  pipe->entrance = std::make_unique<Entrance>(*pipe->inbox, surroundings.wall_clock, surroundings.room);
  auto running = std::make_unique<MqttSource>(surroundings, source, tuning, std::move(pipe));
  if (Status status = running->start(*access, std::move(on_connection)); !status)
    return Error{"source " + source.name + ": " + status.error().message};
  return std::unique_ptr<RunningSource>(std::move(running));
}

Result<std::unique_ptr<RunningSource>> start_mqtt(const Surroundings& surroundings,
                                                  const SourceConfig& source,
                                                  const std::vector<SourcePosition>& positions,
                                                  OnConnection on_connection) {
  return start_mqtt_tuned(surroundings, source, positions, std::move(on_connection), MqttTuning{});
}

}  // namespace slod::source
