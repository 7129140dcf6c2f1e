#include <gmock/gmock.h>

#include <thread>

#include "unit/net/echo_server.h"

namespace slod::test {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kHost = "Host: x\r\n";

class HttpServerTest : public ServerTest {};

TEST_F(HttpServerTest, AnswersARequestWithItsBody) {
  start();
  const std::string answer =
      ask("POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_THAT(answer, EndsWith("POST /a?b=c hello"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
}

TEST_F(HttpServerTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  start();
  // The first answers last: the second must wait for its turn.
  handler_.on_request = [](net::Request request, net::Respond respond) {
    std::thread([target = request.target, respond] {
      if (target == "/0") std::this_thread::sleep_for(milliseconds(50));
      net::Response response;
      response.body = target;
      respond(std::move(response));
    }).detach();
  };
  RawClient client(port());
  std::string requests;
  for (int i = 0; i < 5; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(requests);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(client.read_answer(), EndsWith("/" + std::to_string(i)));
}

TEST_F(HttpServerTest, ReadsPipelinedBodiesOfBothFramings) {
  start();
  RawClient client(port());
  client.send(
      "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: "
      "1\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), EndsWith("POST /1 abc"));
  EXPECT_THAT(client.read_answer(), EndsWith("POST /2 abcde"));
  EXPECT_THAT(client.read_answer(), EndsWith("GET /3 "));
}

TEST_F(HttpServerTest, ReadsARequestThatDribblesInByteByByte) {
  start();
  RawClient client(port());
  std::string request = "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX-Pad: ";
  request += std::string(2000, 'p') + "\r\n\r\nbb8\r\n" + std::string(3000, 'd') + "\r\n0\r\n\r\n";
  ASSERT_GT(request.size(), 5000U);
  for (const char c : request) ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_THAT(client.read_answer(), EndsWith(std::string(3000, 'd')));
}

TEST_F(HttpServerTest, ReadsALargeBodyWhole) {
  start();
  std::string body(9'000'000, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
  handler_.on_request = [&body](net::Request request, net::Respond respond) {
    net::Response response;
    response.body = request.body == body ? "same" : "different";
    respond(std::move(response));
  };
  RawClient client(port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body);
  EXPECT_THAT(client.read_answer(), EndsWith("same"));
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthButNoBody) {
  start();
  RawClient client(port());
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.read_answer(true);
  EXPECT_THAT(head, HasSubstr("Content-Length: 8"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  EXPECT_THAT(client.read_answer(), EndsWith("GET /y "));
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedToStay) {
  start();
  EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  EXPECT_THAT(ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), HasSubstr("Connection: keep-alive"));
}

TEST_F(HttpServerTest, AsksForABodyThatWaitsForContinue) {
  start();
  RawClient client(port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer(true), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_THAT(client.read_answer(), EndsWith("POST / ok"));
}

TEST_F(HttpServerTest, RefusesBeforeTheBodyWithoutAskingForIt) {
  start();
  handler_.on_admit = [](const net::Request&) {
    net::Response response;
    response.status = 401;
    return std::optional(response);
  };
  const std::string answer =
      ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_of(answer), 401);
  EXPECT_THAT(answer, Not(HasSubstr("100 Continue")));
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(HttpServerTest, RefusesAHundredMegabytesAtOnceAndTheSenderCanReadWhy) {
  start();
  RawClient client(port());
  const auto begin = std::chrono::steady_clock::now();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
  const std::string part(1'000'000, 'x');
  for (int i = 0; i < 100; ++i) client.send(part);  // like a sender that reads only after it has written
  EXPECT_EQ(status_of(client.read_answer()), 413);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(HttpServerTest, RefusesAChunkedBodyOverTheLimit) {
  net::Limits limits;
  limits.body_bytes = 1000;
  start(limits);
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(status_of(ask(head + "ffffffff\r\n")), 413);
  EXPECT_EQ(status_of(ask(head + "3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n")), 413);
  EXPECT_EQ(status_of(ask(head + "3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n")), 200);
}

TEST_F(HttpServerTest, ShedsBodiesThatDoNotFitTheBudgetAndCountsThem) {
  net::Limits limits;
  limits.in_flight_bytes = 1000;
  start(limits);
  net::Respond held;
  std::atomic<bool> have{false};
  handler_.on_request = [&](net::Request, net::Respond respond) {
    held = std::move(respond);
    have = true;
  };
  RawClient first(port());
  first.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n" + std::string(900, 'x'));
  while (!have) std::this_thread::sleep_for(milliseconds(1));
  const std::string full = ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n");
  EXPECT_EQ(status_of(full), 503);
  EXPECT_THAT(full, HasSubstr("Retry-After: "));
  const std::string chunked = ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nc8\r\n" +
                                  std::string(200, 'x') + "\r\n");
  EXPECT_EQ(status_of(chunked), 503);
  EXPECT_EQ(server_->shed(), 2U);
  held(net::Response{});
  EXPECT_EQ(status_of(first.read_answer()), 200);
  handler_.on_request = nullptr;
  EXPECT_EQ(
      status_of(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n" + std::string(200, 'x'))),
      200);
}

TEST_F(HttpServerTest, TurnsAwayConnectionsOverTheLimit) {
  net::Limits limits;
  limits.connections = 2;
  start(limits);
  RawClient one(port()), two(port());
  const std::string get = std::string("GET / HTTP/1.1\r\n") + kHost + "\r\n";
  one.send(get);
  two.send(get);
  EXPECT_EQ(status_of(one.read_answer()), 200);
  EXPECT_EQ(status_of(two.read_answer()), 200);
  EXPECT_EQ(status_of(ask(get)), 503);
  EXPECT_EQ(server_->shed(), 1U);
  one.close();
  for (int i = 0; i < 100; ++i) {
    if (status_of(ask(get)) == 200) return;
    std::this_thread::sleep_for(milliseconds(10));
  }
  FAIL() << "a closed connection did not make room";
}

TEST_F(HttpServerTest, ClosesAfterTheAgreedNumberOfRequests) {
  net::Limits limits;
  limits.requests_per_connection = 2;
  start(limits);
  RawClient client(port());
  client.send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: "
      "x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("keep-alive"));
  EXPECT_THAT(client.read_answer(), HasSubstr("Connection: close"));
  EXPECT_EQ(client.read_answer(false, milliseconds(200)), "");
}

TEST_F(HttpServerTest, AnswersFromAnotherThreadLater) {
  start();
  std::vector<std::thread> later;
  handler_.on_request = [&later](net::Request request, net::Respond respond) {
    later.emplace_back([respond, body = request.body] {
      std::this_thread::sleep_for(milliseconds(20));
      net::Response response;
      response.body = body;
      respond(response);
      respond(response);  // the second is ignored
    });
  };
  RawClient client(port());
  for (int i = 0; i < 3; ++i) {
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
    EXPECT_THAT(client.read_answer(), EndsWith(std::to_string(i)));
  }
  for (std::thread& thread : later) thread.join();
}

TEST_F(HttpServerTest, AnAnswerForAClientThatLeftDoesNothing) {
  start();
  net::Respond held;
  std::atomic<bool> have{false};
  handler_.on_request = [&](net::Request, net::Respond respond) {
    held = std::move(respond);
    have = true;
  };
  {
    RawClient client(port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!have) std::this_thread::sleep_for(milliseconds(1));
  }
  held(net::Response{});
  handler_.on_request = nullptr;
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 200);
}

TEST_F(HttpServerTest, AnAnswerAfterTheServerIsGoneDoesNothing) {
  start();
  net::Respond held;
  std::atomic<bool> have{false};
  handler_.on_request = [&](net::Request, net::Respond respond) {
    held = std::move(respond);
    have = true;
  };
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!have) std::this_thread::sleep_for(milliseconds(1));
  server_->stop(milliseconds(20));
  server_.reset();
  held(net::Response{});
  EXPECT_TRUE(client.closed_within(std::chrono::seconds(1)));
}

TEST_F(HttpServerTest, AForgottenAnswerBecomesA500) {
  start();
  handler_.on_request = [](net::Request, net::Respond) {};
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 500);
}

TEST_F(HttpServerTest, AnExceptionInsideNeverLeaksItsText) {
  start();
  handler_.on_request = [](net::Request, net::Respond) { throw std::runtime_error("secret detail"); };
  const std::string answer = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
}

TEST_F(HttpServerTest, StopLetsOpenRequestsFinishAndRefusesNewOnes) {
  start();
  std::thread later;
  handler_.on_request = [&later](net::Request, net::Respond respond) {
    later = std::thread([respond] {
      std::this_thread::sleep_for(milliseconds(100));
      respond(net::Response{});
    });
  };
  RawClient idle(port()), busy(port());
  busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (handler_.handled == 0) std::this_thread::sleep_for(milliseconds(1));
  const std::uint16_t was = port();
  const auto begin = std::chrono::steady_clock::now();
  server_->stop(std::chrono::seconds(5));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_EQ(status_of(busy.read_answer()), 200);
  EXPECT_TRUE(idle.closed_within(milliseconds(500)));
  EXPECT_FALSE(RawClient(was).connected());
  later.join();
}

TEST_F(HttpServerTest, ListenSaysWhatIsWrongAndWhatToDo) {
  start();
  const auto taken = net::HttpServer::listen("127.0.0.1", port(), {}, 1, "x", handler_);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message, HasSubstr("127.0.0.1:" + std::to_string(port())));
  EXPECT_THAT(taken.error().message, HasSubstr("address already in use"));
  EXPECT_THAT(taken.error().message, HasSubstr("server.ingest.listen"));
  const auto name = net::HttpServer::listen("not-an-address", 0, {}, 1, "x", handler_);
  ASSERT_FALSE(name);
  EXPECT_THAT(name.error().message, HasSubstr("must be an IP address"));
}

TEST_F(HttpServerTest, ManyClientsOverSeveralThreadsEachGetTheirOwnAnswers) {
  start({}, 3);
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      RawClient client(port());
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(c) + "-" + std::to_string(i);
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body);
        if (client.read_answer().ends_with("POST / " + body)) ++right;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace slod::test
