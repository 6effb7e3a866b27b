// Calls over plain HTTP.

#include "test/contract/http_client_contract.h"

#include <fstream>
#include <future>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::HttpClientContract;
using test::kSecret;
using test::ScriptedAnswer;
using test::ScriptedRequest;
using test::ScriptedServer;
using test::ScriptedWriter;
using test::Streamed;
using test::Text;
using testing::HasSubstr;
using testing::Not;

std::size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

TEST_F(HttpClientContract, CarriesMethodHeadersAndBodyThereAndBack) {
  const auto server = Serve([](const ScriptedRequest& request) {
    ScriptedAnswer answer = Text(request.method + " " + request.path + " " + request.body + " " +
                                 request.headers.at("x-in") + " " + request.query.at("q") + " " +
                                 std::to_string(request.headers.contains("expect")) +
                                 std::to_string(request.headers.contains("content-type")));
    answer.status = 418;
    answer.headers = {{"X-Out", "  spaced  "}};
    return answer;
  });
  HttpRequest request;
  request.url = server->url() + "/a/b?q=1%2B2";
  request.headers = {{"X-In", "yes"}};
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    request.method = method;
    request.body = request.method == "GET" ? "" : "body";
    const auto response = Ask(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 418);
    EXPECT_EQ(response->body, request.method + " /a/b " + request.body + " yes 1+2 00");
    EXPECT_EQ(response->Header("x-out"), "spaced");
  }
  EXPECT_EQ(server->connections(), 1U) << "the connection is kept";
}

TEST_F(HttpClientContract, SendsCredentialsAsAsked) {
  const auto server = Serve([](const ScriptedRequest& request) {
    const auto authorization = request.headers.find("authorization");
    const auto key = request.headers.find("x-api-key");
    return Text((authorization == request.headers.end() ? "none" : authorization->second) + "," +
                (key == request.headers.end() ? "none" : key->second));
  });
  HttpRequest request;
  request.url = server->url();
  EXPECT_EQ(Ask(request)->body, "none,none");
  HttpAuth auth;
  auth.bearer_token = "t0ken";
  request.auth = std::make_shared<HttpAuth>(auth);
  EXPECT_EQ(Ask(request)->body, "Bearer t0ken,none");
  auth = {};
  auth.basic_username = "user";
  auth.basic_password = "pass";
  auth.header = {"X-Api-Key", "abc"};
  request.auth = std::make_shared<HttpAuth>(auth);
  EXPECT_EQ(Ask(request)->body, "Basic dXNlcjpwYXNz,abc");
  auth = {};
  auth.headers = {{"X-Api-Key", "plain"}};
  request.auth = std::make_shared<HttpAuth>(auth);
  EXPECT_EQ(Ask(request)->body, "none,plain");
}

TEST_F(HttpClientContract, PutsACredentialBehindTheParametersOfTheUrl) {
  const auto server = Serve([](const ScriptedRequest& request) {
    std::string all = request.path;
    for (const auto& [name, value] : request.query)
      all += "|" + name + "=" + value;
    return Text(all);
  });
  const auto ask = [&](const std::string& path, const std::string& name, const std::string& value) {
    HttpAuth auth;
    auth.query = {name, value};
    HttpRequest request;
    request.url = server->url() + path;
    request.auth = std::make_shared<HttpAuth>(auth);
    return Ask(request);
  };
  EXPECT_EQ(ask("/a", "key", "s3cret")->body, "/a|key=s3cret");
  EXPECT_EQ(ask("/a?x=1", "key", "a&b=c #/\n\xc3\xa4")->body, "/a|key=a&b=c #/\n\xc3\xa4|x=1");
  for (const char* name : {"a b", "a&b", "a=b", "a#", "a\n"}) {
    const auto refused = ask("/a", name, "canary-5f1c");
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message, Not(HasSubstr("canary-5f1c")));
  }
}

TEST_F(HttpClientContract, AnswersManyRequestsInTheirOrder) {
  const auto server = Serve([](const ScriptedRequest& request) { return Text(request.path); });
  std::vector<HttpRequest> requests(300);
  for (std::size_t i = 0; i < requests.size(); ++i)
    requests[i].url = server->url() + "/" + std::to_string(i);
  const auto responses = client_->SendAll(requests, In(seconds(30)));
  ASSERT_EQ(responses.size(), requests.size());
  for (std::size_t i = 0; i < responses.size(); ++i) {
    ASSERT_TRUE(responses[i]) << responses[i].error().message;
    EXPECT_EQ(responses[i]->body, "/" + std::to_string(i));
  }
  EXPECT_LE(server->connections(), 16U) << "connections per host are capped";
  EXPECT_TRUE(client_->SendAll({}, In(seconds(1))).empty());
}

TEST_F(HttpClientContract, OneFailureLeavesTheOthersAlone) {
  const auto server = Serve([](const ScriptedRequest&) { return Text("fine"); });
  std::vector<HttpRequest> requests(3);
  requests[0].url = server->url();
  requests[1].url = "http://127.0.0.1:1/";
  requests[2].url = server->url();
  const auto responses = client_->SendAll(requests, In(seconds(20)));
  EXPECT_EQ(responses[0]->body, "fine");
  EXPECT_EQ(responses[1].error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(responses[2]->body, "fine");
}

TEST_F(HttpClientContract, N1AHangingServerCostsNoMoreThanTheDeadline) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) { return out.Pause(seconds(600)); });
  });
  const Timestamp start = clock_.Now();
  const auto response = Get(server->url() + "/?token=" + std::string(kSecret), milliseconds(150));
  EXPECT_EQ(response.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(response.error().message, HasSubstr("127.0.0.1:" + std::to_string(server->port())));
  EXPECT_THAT(response.error().message, Not(HasSubstr(std::string(kSecret))));
  EXPECT_GE(clock_.Now() - start, milliseconds(150));
  EXPECT_LT(clock_.Now() - start, seconds(5));
  server->Stop();
}

TEST_F(HttpClientContract, N1AServerOfOneByteASecondCostsNoMoreThanTheDeadline) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) {
      while (out.Write("x") && out.Pause(milliseconds(50))) {
      }
      return false;
    });
  });
  const auto response = Get(server->url(), milliseconds(300));
  EXPECT_EQ(response.error().code, ErrorCode::kDeadlineExceeded);
  server->Stop();
}

TEST_F(HttpClientContract, N1RequestsThatWaitForAConnectionKeepTheirDeadline) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) { return out.Pause(seconds(600)); });
  });
  std::vector<HttpRequest> requests(50);
  for (HttpRequest& request : requests)
    request.url = server->url();
  const Timestamp start = clock_.Now();
  for (const auto& response : client_->SendAll(requests, In(milliseconds(200))))
    EXPECT_EQ(response.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_LT(clock_.Now() - start, seconds(5));
  server->Stop();
}

TEST_F(HttpClientContract, ADeadlineThatHasPassedSendsNothing) {
  std::atomic<int> asked = 0;
  const auto server = Serve([&](const ScriptedRequest&) { return ++asked, Text(""); });
  EXPECT_EQ(Get(server->url(), -seconds(1)).error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(asked, 0);
}

TEST_F(HttpClientContract, N2AHugeBodyIsRefusedAtTheLimitWithoutBeingKept) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) {
      const std::string megabyte(1U << 20U, 'x');
      for (int i = 0; i < 1024; ++i) {
        if (!out.Write(megabyte)) return false;
      }
      return true;
    });
  });
  const std::size_t before = ResidentBytes();
  const auto response = Get(server->url());
  EXPECT_EQ(response.error().code, ErrorCode::kMalformedData);
  EXPECT_THAT(response.error().message, HasSubstr("longer than 1048576 bytes"));
  EXPECT_LT(ResidentBytes(), before + (64U << 20U));
}

TEST_F(HttpClientContract, N2AGzipBombIsRefusedByItsInflatedSize) {
  const auto server = Serve([](const ScriptedRequest& request) {
    EXPECT_THAT(request.headers.at("accept-encoding"), HasSubstr("gzip"));
    return Text(std::string(50U << 20U, 'x'));  // The server compresses it to some 50 KB.
  });
  EXPECT_EQ(Get(server->url()).error().code, ErrorCode::kMalformedData);
}

TEST_F(HttpClientContract, ACompressedBodyWithinTheLimitIsInflated) {
  const std::string body(1U << 20U, 'x');
  const auto server = Serve([&](const ScriptedRequest&) { return Text(body); });
  const auto response = Get(server->url());
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->Header("content-encoding"), "gzip");
  EXPECT_EQ(response->body, body);
}

TEST_F(HttpClientContract, NothingIsCompressedForOneWhoDoesNotAcceptIt) {
  const auto server = Serve([](const ScriptedRequest& request) {
    EXPECT_FALSE(request.headers.contains("accept-encoding"));
    return Text(std::string(10'000, 'x'));
  });
  HttpRequest request;
  request.url = server->url();
  request.accepts_gzip = false;
  const auto response = Ask(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->Header("content-encoding"), "");
  EXPECT_EQ(response->body, std::string(10'000, 'x'));
}

TEST_F(HttpClientContract, N2EndlessHeadersAreRefused) {
  const auto server = Serve([](const ScriptedRequest&) {
    ScriptedAnswer answer = Text("fine");
    for (int i = 0; i < 20; ++i)
      answer.headers.emplace_back("X-Long-" + std::to_string(i), std::string(4000, 'h'));
    return answer;
  });
  const auto response = Get(server->url());
  EXPECT_EQ(response.error().code, ErrorCode::kMalformedData);
  EXPECT_THAT(response.error().message, HasSubstr("header"));
}

TEST_F(HttpClientContract, ARefusedConnectionIsUnavailable) {
  int port = 0;
  {
    const auto server = Serve([](const ScriptedRequest&) { return Text(""); });
    port = server->port();
  }
  const auto response = Get("http://127.0.0.1:" + std::to_string(port) + "/");
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr(":" + std::to_string(port)));
}

TEST_F(HttpClientContract, ANameThatDoesNotResolveIsUnavailable) {
  const auto response = Get("http://nowhere.invalid/");
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("nowhere.invalid:80"));
}

TEST_F(HttpClientContract, AP9AServerThatClosesInMidBodyIsUnavailable) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) { return out.Write("half"), false; });
  });
  EXPECT_EQ(Get(server->url()).error().code, ErrorCode::kUnavailable);
}

TEST_F(HttpClientContract, N4ARedirectIsAnAnswerAndNotFollowed) {
  std::atomic<int> asked = 0;
  const auto server = Serve([&](const ScriptedRequest&) {
    ++asked;
    ScriptedAnswer answer = Text("");
    answer.status = 302;
    answer.headers = {{"Location", "/login"}};
    return answer;
  });
  EXPECT_EQ(Get(server->url())->status, 302);
  EXPECT_EQ(asked, 1);
}

TEST_F(HttpClientContract, WhatCannotBeSentIsTheCallersFault) {
  HttpRequest request;
  for (const char* url : {"", "nonsense", "file:///etc/passwd", "ftp://127.0.0.1/", "http://",
                          "http://user:canary-5f1c@127.0.0.1/", "http://127.0.0.1:99999/"}) {
    request.url = url;
    const auto response = Ask(request);
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code, ErrorCode::kInvalidArgument) << url;
    EXPECT_THAT(response.error().message, Not(HasSubstr(std::string(kSecret))));
  }
  request.url = "http://127.0.0.1:1/";
  request.headers = {{"X-Evil", "a\r\nX-Injected: canary-5f1c"}};
  EXPECT_EQ(Ask(request).error().code, ErrorCode::kInvalidArgument);
  request.headers = {{"X-Evil: x", "a"}};
  EXPECT_EQ(Ask(request).error().code, ErrorCode::kInvalidArgument);
  request.headers = {};
  request.method = "GET / HTTP/1.0\r\n";
  EXPECT_EQ(Ask(request).error().code, ErrorCode::kInvalidArgument);
  request.method = "GET";
  HttpAuth auth;
  auth.bearer_token = "canary-5f1c\n";
  request.auth = std::make_shared<HttpAuth>(auth);
  const auto response = Ask(request);
  EXPECT_EQ(response.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(response.error().message, Not(HasSubstr(std::string(kSecret))));
}

TEST_F(HttpClientContract, WhatIsUnderWayAtTheEndIsUnavailable) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) { return out.Pause(seconds(600)); });
  });
  auto client = std::make_unique<CurlClient>(clock_);
  HttpRequest request;
  request.url = server->url();
  auto stream = client->Open(request, In(seconds(20)), {});
  ASSERT_TRUE(stream) << stream.error().message;
  std::promise<ErrorCode> first;
  std::promise<ErrorCode> second;
  CurlClient* const dying = client.get();
  dying->Start(request, In(seconds(600)), [&](Result<HttpResponse> response) {
    first.set_value(response.error().code);
    dying->Start(request, In(seconds(600)),
                 [&](Result<HttpResponse> late) { second.set_value(late.error().code); });
  });
  client.reset();
  EXPECT_EQ(first.get_future().get(), ErrorCode::kUnavailable);
  EXPECT_EQ(second.get_future().get(), ErrorCode::kUnavailable);
  EXPECT_EQ((*stream)->ReadLine(In(seconds(20)), {}).error().code, ErrorCode::kUnavailable);
  stream->reset();
  server->Stop();
}

TEST_F(HttpClientContract, NoCallOutlivesTheEndOfCalls) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) { return out.Pause(seconds(600)); });
  });
  HttpRequest request;
  request.url = server->url();
  std::promise<ErrorCode> running;
  client_->Start(request, In(seconds(600)),
                 [&](Result<HttpResponse> response) { running.set_value(response.error().code); });
  client_->EndCallsBy(In(milliseconds(50)));
  EXPECT_EQ(Get(server->url(), seconds(600)).error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(running.get_future().get(), ErrorCode::kDeadlineExceeded);
  server->Stop();
}

}  // namespace
}  // namespace hpaplus
