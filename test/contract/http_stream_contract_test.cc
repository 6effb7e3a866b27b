// Answers read line by line while they come.

#include <atomic>
#include <future>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/contract/http_client_contract.h"

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

}  // namespace
}  // namespace hpaplus
