#include "source/mqtt/broker_link.h"

#include <algorithm>
#include <exception>

#include "slod/net/connect_probe.h"

namespace slod::source {
namespace {

// A finite expiry: the library holds it in a signed int.
constexpr std::int32_t kSessionExpiry = 7 * 24 * 3600;
// The broker's window of unacknowledged messages, and the most that can come twice after a crash.
constexpr std::int32_t kReceiveMaximum = 500;
constexpr int kFirstRefusal = 0x80;
constexpr Duration kProbeWithin = seconds(3);
constexpr auto kDisconnectWithin = std::chrono::seconds(3);

std::string uri(const BrokerAccess& access) {
  const bool six = access.host.find(':') != std::string::npos && access.host.front() != '[';
  const std::string host = six ? "[" + access.host + "]" : access.host;
  return (access.tls ? "ssl://" : "tcp://") + host + ":" + std::to_string(access.port);
}

::mqtt::ssl_options tls_options(const BrokerAccess& access) {
  ::mqtt::ssl_options tls;
  if (!access.ca_file.empty()) tls.set_trust_store(access.ca_file);
  if (!access.cert_file.empty()) tls.set_key_store(access.cert_file);
  if (!access.key_file.empty()) tls.set_private_key(access.key_file);
  tls.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);  // the host name; off by default
  return tls;
}

/// The properties point into `options`: it must stay where it is until connect() has returned, so it is
/// filled in place and the properties come last.
void fill(::mqtt::connect_options& options, const BrokerAccess& access) {
  options.set_mqtt_version(MQTTVERSION_5);
  options.set_clean_start(false);
  options.set_keep_alive_interval(std::chrono::duration_cast<seconds>(access.keep_alive));
  options.set_connect_timeout(seconds(10));
  options.set_automatic_reconnect(seconds(1), seconds(30));
  if (!access.username.empty()) options.set_user_name(access.username);
  if (!access.password.empty()) options.set_password(access.password);
  if (access.tls) options.set_ssl(tls_options(access));
  ::mqtt::properties properties;
  properties.add({::mqtt::property::SESSION_EXPIRY_INTERVAL, kSessionExpiry});
  properties.add({::mqtt::property::RECEIVE_MAXIMUM, kReceiveMaximum});
  options.set_properties(properties);
}

std::int64_t steady_now() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What the library has to say about a failed call, in words.
std::string reason(const ::mqtt::token& token) {
  if (token.get_reason_code() >= kFirstRefusal) {
    return "reason code " + std::to_string(static_cast<int>(token.get_reason_code())) + ", " +
           ::mqtt::exception::reason_code_str(token.get_reason_code());
  }
  return ::mqtt::exception::error_str(token.get_return_code());
}

}  // namespace

/// Outcome of a connect or a subscribe. Called on the library's thread; must not throw.
class BrokerLink::Listener : public ::mqtt::iaction_listener {
 public:
  Listener(BrokerLink& link, bool subscribe) : link_(link), subscribe_(subscribe) {}

  void on_failure(const ::mqtt::token& token) override {
    try {
      const std::string why = reason(token);
      if (subscribe_) {
        const bool refused = token.get_reason_code() >= kFirstRefusal;
        // Cut off by a lost connection or a stop: the next connect asks again.
        link_.note(refused ? "error" : "info", "subscribe failed: " + why);
        // Refused: the connection stands, and other subscriptions may bring something.
        if (refused) link_.on_subscribed();
        return;
      }
      const std::lock_guard lock(link_.mutex_);
      link_.last_failure_ = why;
    } catch (...) {
    }
    link_.bell_.signal();
  }

  void on_success(const ::mqtt::token& token) override {
    try {
      if (subscribe_) {
        check_granted(token);
        link_.on_subscribed();
      } else if (!link_.session_told_.exchange(true)) {  // the library says it twice
        link_.note("info", token.get_connect_response().is_session_present()
                               ? "the broker kept our session"
                               : "the broker has no session of ours: it begins now");
      }
    } catch (...) {
    }
  }

 private:
  void check_granted(const ::mqtt::token& token) {
    const ::mqtt::subscribe_response response = token.get_subscribe_response();
    for (const auto code : response.get_reason_codes()) {
      if (code >= kFirstRefusal) {
        link_.note("error", "subscribe refused, reason code " + std::to_string(static_cast<int>(code)) +
                                "; see the broker's access rules");
      }
    }
  }

  BrokerLink& link_;
  const bool subscribe_;
};

BrokerLink::BrokerLink(BrokerAccess access, Entrance& entrance, WakeUp& bell)
    : access_(std::move(access)),
      entrance_(entrance),
      bell_(bell),
      connect_listener_(std::make_unique<Listener>(*this, false)),
      subscribe_listener_(std::make_unique<Listener>(*this, true)) {}

BrokerLink::~BrokerLink() {
  stop();
}

Status BrokerLink::start() {
  try {
    client_ = std::make_unique<::mqtt::async_client>(uri(access_), access_.client_id,
                                                     ::mqtt::create_options(MQTTVERSION_5));
    install_handlers();  // before connect: the backlog follows the answer at once
    ::mqtt::connect_options options;
    fill(options, access_);
    client_->connect(options, nullptr, *connect_listener_);
    return ok();
  } catch (const std::exception& error) {
    return Error{"mqtt " + access_.address() + ": " + error.what()};
  }
}

void BrokerLink::install_handlers() {
  client_->set_connected_handler([this](const std::string&) { on_connected(); });
  client_->set_connection_lost_handler([this](const std::string& cause) { on_down(cause); });
  client_->set_disconnected_handler([this](const ::mqtt::properties&, ::mqtt::ReasonCode code) {
    on_down("the broker disconnected us, reason code " + std::to_string(static_cast<int>(code)));
  });
  client_->set_message_callback([this](const ::mqtt::const_message_ptr& message) {
    if (message) on_message(*message);
  });
}

void BrokerLink::stop() {
  if (!client_) return;
  try {
    client_->disconnect(static_cast<int>(1000))->wait_for(kDisconnectWithin);
  } catch (const std::exception&) {
    // Not connected, or the broker does not answer: the session stays with the broker either way.
  }
  client_.reset();
  connected_.store(false, std::memory_order_release);
}

void BrokerLink::heard() {
  heard_.store(steady_now(), std::memory_order_relaxed);
}

/// At a loss: for how long it may have been lost already. One that shows at once (the connection was closed)
/// comes with less silence than the keep alive; else the broker hung, and how long we were deaf is bounded by
/// its last answer to a ping, which we do not see.
Duration BrokerLink::unnoticed() const {
  const Duration silent(steady_now() - heard_.load(std::memory_order_relaxed));
  if (silent < access_.keep_alive) return Duration(0);
  const Duration most = access_.keep_alive * 5 / 2 + seconds(1);
  return stalled_.load(std::memory_order_relaxed) ? silent : std::min(silent, most);
}

void BrokerLink::on_connected() noexcept {
  heard();
  stalled_.store(false, std::memory_order_relaxed);
  try {
    unanswered_ = access_.filters.size();
    // Nobody waits for the answer here: this thread must first return to receive it.
    const ::mqtt::subscribe_options only_if_new(::mqtt::subscribe_options::SUBSCRIBE_LOCAL,
                                                ::mqtt::subscribe_options::NO_RETAIN_AS_PUBLISHED,
                                                ::mqtt::subscribe_options::SEND_RETAINED_ON_NEW);
    for (const std::string& filter : access_.filters)
      client_->subscribe(filter, access_.qos, nullptr, *subscribe_listener_, only_if_new);
  } catch (const std::exception& error) {
    note("error", std::string("subscribe failed: ") + error.what());
  }
  bell_.signal();
}

void BrokerLink::on_subscribed() {
  heard();
  if (unanswered_.load() == 0 || --unanswered_ > 0) return;
  connected_.store(true, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);
    ++events_.ups;
  }
  bell_.signal();
}

void BrokerLink::on_down(const std::string& why) noexcept {
  session_told_.store(false);
  try {
    const std::lock_guard lock(mutex_);
    if (connected_.exchange(false, std::memory_order_acq_rel)) {
      ++events_.downs;
      events_.silent = std::max(events_.silent, unnoticed());
    }
    last_failure_ = why.empty() ? "connection lost" : why;
  } catch (...) {
  }
  bell_.signal();
}

void BrokerLink::on_message(const ::mqtt::message& message) noexcept {
  InboxMessage entry;
  entry.retained = message.is_retained();
  entry.duplicate = message.is_duplicate();
  entry.qos = message.get_qos();
  const auto& topic = message.get_topic();
  const auto& payload = message.get_payload_ref();
  entry.topic = topic;
  entry.payload = {payload.data(), payload.size()};
  heard();
  entrance_.put(entry);
  const Duration took(steady_now() - heard_.load(std::memory_order_relaxed));
  stalled_.store(took > access_.keep_alive / 2, std::memory_order_relaxed);
}

void BrokerLink::note(const std::string& level, const std::string& text) {
  {
    const std::lock_guard lock(mutex_);
    events_.notes.emplace_back(level, text);
  }
  bell_.signal();
}

LinkEvents BrokerLink::take_events() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

std::string BrokerLink::last_failure() {
  const std::lock_guard lock(mutex_);
  return last_failure_;
}

std::string BrokerLink::explained_failure() {
  const std::string fault =
      net::connect_fault({access_.host, access_.port, access_.tls, access_.ca_file}, kProbeWithin);
  return fault.empty() ? last_failure() : fault;
}

}  // namespace slod::source
