#include "cli/simulate/mqtt_sender.h"

#include <chrono>
#include <exception>

namespace slod::cli {
namespace {

// The library's queue; its default of 100 refuses a burst even while connected.
constexpr int kMostQueued = 100'000;

std::string uri(const SourceConfig& source) {
  const bool six = source.mqtt_host.find(':') != std::string::npos && source.mqtt_host.front() != '[';
  return (source.mqtt_tls ? "ssl://" : "tcp://") + (six ? "[" + source.mqtt_host + "]" : source.mqtt_host) +
         ":" + std::to_string(source.mqtt_port);
}

void fill(::mqtt::connect_options& options, const SourceConfig& source, const std::string& password) {
  options.set_mqtt_version(MQTTVERSION_5);
  options.set_clean_start(true);
  options.set_max_inflight(500);
  options.set_automatic_reconnect(std::chrono::seconds(1), std::chrono::seconds(5));
  if (!source.mqtt_username.empty()) options.set_user_name(source.mqtt_username);
  if (!password.empty()) options.set_password(password);
  if (!source.mqtt_tls) return;
  ::mqtt::ssl_options tls;
  if (!source.mqtt_ca_file.empty()) tls.set_trust_store(source.mqtt_ca_file);
  if (!source.mqtt_cert_file.empty()) tls.set_key_store(source.mqtt_cert_file);
  if (!source.mqtt_key_file.empty()) tls.set_private_key(source.mqtt_key_file);
  tls.set_verify(true);
  options.set_ssl(tls);
}

}  // namespace

MqttSender::MqttSender(const SourceConfig& source, const std::string& password, const std::string& run)
    : source_(source), password_(password), client_id_("slod-simulate-" + run) {}

MqttSender::~MqttSender() {
  disconnect();
}

std::string MqttSender::broker() const {
  return source_.mqtt_host + ":" + std::to_string(source_.mqtt_port);
}

void MqttSender::connect() {
  try {
    // A new client each time: one that was asked to disconnect may still be at it, and would end the new
    // connection.
    client_ = std::make_unique<::mqtt::async_client>(uri(source_), client_id_,
                                                     ::mqtt::create_options(MQTTVERSION_5, kMostQueued));
    ::mqtt::connect_options options;
    fill(options, source_, password_);
    client_->connect(options)->wait_for(std::chrono::seconds(3));
  } catch (const std::exception&) {
    // Retried by the library; connected() tells.
  }
}

void MqttSender::disconnect() {
  if (!client_) return;
  try {
    client_->disconnect(1000)->wait_for(std::chrono::seconds(2));
  } catch (const std::exception&) {
    // It was not connected: then there is nothing to end.
  }
  client_.reset();
}

void MqttSender::publish(const std::string& topic, const std::string& payload, bool retained) {
  try {
    if (connected()) {
      client_->publish(topic, payload.data(), payload.size(), source_.mqtt_qos, retained);
      ++tally_.published;
      return;
    }
  } catch (const std::exception&) {
    // Lost between the question and the answer.
  }
  ++tally_.lost;
}

}  // namespace slod::cli
