// What every AsyncHttpClient has to do, run by the real one against a server in this process: the
// server misbehaves in one way per test.

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/scripted_server.h"
#include "test/support/test_ca.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ScriptedAnswer;
using test::ScriptedRequest;
using test::ScriptedServer;
using test::ScriptedWriter;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSecret = "canary-5f1c";

ScriptedAnswer Text(std::string body) {
  ScriptedAnswer answer;
  answer.body = std::move(body);
  return answer;
}

ScriptedAnswer Streamed(std::function<bool(ScriptedWriter&)> stream) {
  ScriptedAnswer answer;
  answer.stream = std::move(stream);
  return answer;
}

std::size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

class HttpClientContract : public testing::Test {
 protected:
  Result<HttpResponse> Ask(const HttpRequest& request, Duration patience = seconds(20)) {
    return client_->SendAll({&request, 1}, clock_.Now() + patience)[0];
  }
  Result<HttpResponse> Get(const std::string& url, Duration patience = seconds(20)) {
    HttpRequest request;
    request.url = url;
    return Ask(request, patience);
  }
  Result<std::unique_ptr<LineStream>> Open(const std::string& url, std::size_t max_line = 1U << 20U,
                                           Duration patience = seconds(20)) {
    HttpRequest request;
    request.url = url;
    request.max_response_bytes = max_line;
    return client_->Open(request, clock_.Now() + patience, {});
  }
  Timestamp In(Duration duration) { return clock_.Now() + duration; }

  // A server waits for its idle connections when it ends, so they are closed before.
  struct CloseConnectionsFirst {
    HttpClientContract* test = nullptr;
    void operator()(ScriptedServer* server) const {
      test->client_ = std::make_unique<CurlClient>(test->clock_);
      delete server;
    }
  };
  using Server = std::unique_ptr<ScriptedServer, CloseConnectionsFirst>;
  Server Serve(ScriptedServer::Script script,
               const std::optional<test::ScriptedTls>& tls = std::nullopt) {
    return {new ScriptedServer(std::move(script), tls), CloseConnectionsFirst{this}};
  }

  SystemClock clock_;
  std::unique_ptr<CurlClient> client_ = std::make_unique<CurlClient>(clock_);
};

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

class HttpClientTlsContract : public HttpClientContract {
 protected:
  Server ServeTls(const test::CertificateSpec& spec, const std::string& client_ca = "") {
    const test::CertificatePair pair = ca_.Issue(spec);
    return Serve([](const ScriptedRequest&) { return Text("fine"); },
                 test::ScriptedTls{pair.certificate_pem, pair.key_pem, client_ca});
  }
  Result<HttpResponse> AskAs(const ScriptedServer& server, const HttpAuth& auth) {
    HttpRequest request;
    request.url = server.url() + "/?token=" + std::string(kSecret);
    request.auth = std::make_shared<HttpAuth>(auth);
    return Ask(request);
  }
  HttpAuth Trusting() const {
    HttpAuth auth;
    auth.ca_pem = ca_.pem();
    auth.bearer_token = kSecret;
    return auth;
  }
  void ExpectRefused(const Result<HttpResponse>& response, const std::string& why) {
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::kPermissionDenied) << response.error().message;
    EXPECT_THAT(response.error().message, HasSubstr(why));
    EXPECT_THAT(response.error().message, Not(HasSubstr(std::string(kSecret))));
  }

  test::TestCa ca_;
};

TEST_F(HttpClientTlsContract, SpeaksToAServerOfTheNamedCa) {
  const auto server = ServeTls({});
  const auto response = AskAs(*server, Trusting());
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "fine");
}

TEST_F(HttpClientTlsContract, N5AnUnknownCaIsRefused) {
  const auto server = ServeTls({});
  HttpAuth auth = Trusting();
  auth.ca_pem = test::TestCa().pem();
  ExpectRefused(AskAs(*server, auth), "TLS");
  auth.ca_pem.clear();
  ExpectRefused(AskAs(*server, auth), "TLS");
  auth.ca_pem = "not a certificate";
  ExpectRefused(AskAs(*server, auth), "CA");
}

TEST_F(HttpClientTlsContract, N5ATrustedConnectionIsNotReusedByWhoDoesNotTrustIt) {
  const auto server = ServeTls({});
  ASSERT_TRUE(AskAs(*server, Trusting()));
  HttpAuth auth = Trusting();
  auth.ca_pem = test::TestCa().pem();
  ExpectRefused(AskAs(*server, auth), "TLS");
}

TEST_F(HttpClientTlsContract, N5AWrongNameIsRefusedAndTheServerNameOverridesTheHost) {
  test::CertificateSpec spec;
  spec.alternative_names = "DNS:kubernetes.default";
  const auto server = ServeTls(spec);
  HttpAuth auth = Trusting();
  ExpectRefused(AskAs(*server, auth), "127.0.0.1");
  auth.tls_server_name = "kubernetes.default";
  const auto response = AskAs(*server, auth);
  ASSERT_TRUE(response) << response.error().message;
  auth.tls_server_name = "somebody.else";
  ExpectRefused(AskAs(*server, auth), "somebody.else");
}

TEST_F(HttpClientTlsContract, N5AnExpiredCertificateIsRefused) {
  test::CertificateSpec spec;
  spec.expired = true;
  const auto server = ServeTls(spec);
  ExpectRefused(AskAs(*server, Trusting()), "expired");
}

TEST_F(HttpClientTlsContract, ShowsItsClientCertificateWhereOneIsDemanded) {
  const test::TestCa client_ca;
  const auto server = ServeTls({}, client_ca.pem());
  // The server may close before its refusal is read, which then looks like a broken connection.
  EXPECT_FALSE(AskAs(*server, Trusting()));
  HttpAuth auth = Trusting();
  const test::CertificatePair mine = client_ca.Issue({.common_name = "me"});
  auth.client_cert_pem = mine.certificate_pem;
  auth.client_key_pem = client_ca.Issue({}).key_pem;
  ExpectRefused(AskAs(*server, auth), "our certificate");
  auth.client_key_pem = mine.key_pem;
  const auto response = AskAs(*server, auth);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "fine");
}

TEST_F(HttpClientContract, ReadsALongAnswerLineByLineAsItComes) {
  std::promise<void> go_on;
  const auto server = Serve([&](const ScriptedRequest&) {
    return Streamed([gate = go_on.get_future().share()](ScriptedWriter& out) {
      out.Write("one\ntw");
      gate.wait();
      return out.Write("o\n\nlast");
    });
  });
  auto stream = Open(server->url());
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->head().status, 200);
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "one");
  EXPECT_EQ((*stream)->ReadLine(In(milliseconds(30)), {}).error().code,
            ErrorCode::kDeadlineExceeded);
  go_on.set_value();
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "two");
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "");
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "last");
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), std::nullopt);
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), std::nullopt);
}

TEST_F(HttpClientContract, AStreamOutlivesTheDeadlineOfItsHead) {
  const auto server = Serve([&](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) {
      return out.Write("first\n") && out.Pause(milliseconds(300)) && out.Write("second\n");
    });
  });
  auto stream = Open(server->url(), 1000, milliseconds(200));
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "first");
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "second");
}

TEST_F(HttpClientContract, AStreamThatDoesNotBeginMissesItsDeadline) {
  std::promise<void> go_on;
  const auto server = Serve([gate = go_on.get_future().share()](const ScriptedRequest&) {
    gate.wait();
    return Text("");
  });
  const auto stream = Open(server->url(), 1000, milliseconds(100));
  EXPECT_EQ(stream.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(stream.error().message, HasSubstr("127.0.0.1"));
  go_on.set_value();
}

TEST_F(HttpClientContract, ARefusedStreamCarriesTheErrorInItsLines) {
  const auto server = Serve([](const ScriptedRequest&) {
    ScriptedAnswer answer = Text("{\"reason\":\"Expired\"}");
    answer.status = 410;
    return answer;
  });
  auto stream = Open(server->url());
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->head().status, 410);
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "{\"reason\":\"Expired\"}");
}

TEST_F(HttpClientContract, AP9ABrokenStreamGivesItsLinesAndThenTheError) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) { return out.Write("whole\nhalf"), false; });
  });
  auto stream = Open(server->url());
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "whole");
  EXPECT_EQ((*stream)->ReadLine(In(seconds(20)), {}).error().code, ErrorCode::kUnavailable);
}

TEST_F(HttpClientContract, AP17ALineAboveTheLimitEndsTheStream) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) {
      out.Write("short\n");
      while (out.Write(std::string(10'000, 'x'))) {
      }
      return false;
    });
  });
  auto stream = Open(server->url(), 100'000);
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), "short");
  EXPECT_EQ((*stream)->ReadLine(In(seconds(20)), {}).error().code, ErrorCode::kMalformedData);
  EXPECT_EQ((*stream)->ReadLine(In(seconds(20)), {}).error().code, ErrorCode::kMalformedData);
}

TEST_F(HttpClientContract, ASlowReaderStopsTheServerAndLosesNothing) {
  constexpr int kLines = 40'000;
  const std::string filling(1000, 'x');
  std::atomic<int> written = 0;
  const auto server = Serve([&](const ScriptedRequest&) {
    return Streamed([&](ScriptedWriter& out) {
      for (int i = 0; i < kLines; ++i, ++written) {
        if (!out.Write(std::to_string(i) + filling + "\n")) return false;
      }
      return true;
    });
  });
  auto stream = Open(server->url());
  ASSERT_TRUE(stream) << stream.error().message;
  // The server has filled what lies between us when it makes no headway any more.
  for (int seen = -1; seen != written;) {
    seen = written;
    static_cast<void>(clock_.WaitUntil(In(milliseconds(200)), {}));
  }
  EXPECT_LT(written, kLines);
  const auto other = Get(server->url() + "/other", milliseconds(1));
  EXPECT_FALSE(other) << "only sees that the client still runs";
  for (int i = 0; i < kLines; ++i) {
    const auto line = (*stream)->ReadLine(In(seconds(20)), {});
    ASSERT_TRUE(line) << line.error().message;
    ASSERT_EQ(**line, std::to_string(i) + filling);
  }
  EXPECT_EQ(*(*stream)->ReadLine(In(seconds(20)), {}), std::nullopt);
}

TEST_F(HttpClientContract, ADestroyedStreamEndsTheRequest) {
  std::promise<void> gone;
  const auto server = Serve([&](const ScriptedRequest&) {
    return Streamed([&](ScriptedWriter& out) {
      while (out.Write("tick\n") && out.Pause(milliseconds(10))) {
      }
      gone.set_value();
      return false;
    });
  });
  auto stream = Open(server->url());
  ASSERT_TRUE(stream) << stream.error().message;
  ASSERT_TRUE((*stream)->ReadLine(In(seconds(20)), {}));
  stream->reset();
  EXPECT_EQ(gone.get_future().wait_for(seconds(20)), std::future_status::ready);
}

TEST_F(HttpClientContract, ADestroyedStreamEndsTheRequestEvenWhenNothingIsSent) {
  std::promise<bool> gone;
  const auto server = Serve([&](const ScriptedRequest&) {
    return Streamed([&](ScriptedWriter& out) {
      out.Write("tick\n");
      const Timestamp start = clock_.Now();
      while (out.Pause(milliseconds(10)) && clock_.Now() < start + seconds(20)) {
      }
      gone.set_value(clock_.Now() < start + seconds(20));
      return false;
    });
  });
  auto stream = Open(server->url());
  ASSERT_TRUE(stream) << stream.error().message;
  ASSERT_TRUE((*stream)->ReadLine(In(seconds(20)), {}));
  stream->reset();
  EXPECT_TRUE(gone.get_future().get());
}

TEST_F(HttpClientContract, AStopEndsTheWaitForALine) {
  const auto server = Serve([](const ScriptedRequest&) {
    return Streamed([](ScriptedWriter& out) { return out.Pause(seconds(600)); });
  });
  auto stream = Open(server->url());
  ASSERT_TRUE(stream) << stream.error().message;
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ((*stream)->ReadLine(In(seconds(600)), stop.get_token()).error().code,
            ErrorCode::kDeadlineExceeded);
  stream->reset();
  server->Stop();
}

TEST_F(HttpClientContract, AStopEndsTheWaitForAStream) {
  std::promise<void> go_on;
  const auto server = Serve([gate = go_on.get_future().share()](const ScriptedRequest&) {
    gate.wait();
    return Text("");
  });
  HttpRequest request;
  request.url = server->url();
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto stream = client_->Open(request, In(seconds(600)), stop.get_token());
  EXPECT_EQ(stream.error().code, ErrorCode::kUnavailable);
  go_on.set_value();
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

}  // namespace
}  // namespace hpaplus
