// A server for tests: answers with "METHOD target body" and lets each test put itself in the way.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "slod/net/http_server.h"
#include "unit/net/raw_client.h"

namespace slod::test {

class EchoHandler : public net::Handler {
 public:
  std::function<std::optional<net::Response>(const net::Request&)> on_admit;
  std::function<void(net::Request, net::Respond)> on_request;
  std::atomic<int> handled{0};

  std::optional<net::Response> admit(const net::Request& head, std::optional<std::uint64_t>) override {
    return on_admit ? on_admit(head) : std::nullopt;
  }
  void handle(net::Request request, net::Respond respond) override {
    ++handled;
    if (on_request) return on_request(std::move(request), std::move(respond));
    net::Response response;
    response.content_type = "text/plain";
    response.body = request.method + " " + request.target + " " + request.body;
    respond(std::move(response));
  }
};

class ServerTest : public ::testing::Test {
 protected:
  void start(const net::Limits& limits = {}, int threads = 2) {
    auto server = net::HttpServer::listen("127.0.0.1", 0, limits, threads, "test", handler_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->start();
  }
  /// One request on a connection of its own; everything that the server says until it closes or falls silent.
  std::string ask(std::string_view bytes, std::chrono::milliseconds wait = std::chrono::milliseconds(300)) {
    RawClient client(server_->port());
    client.send(bytes);
    return client.read_all(wait);
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  EchoHandler handler_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace slod::test
