#include "engine/shell/http_head.h"

#include <string>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

ParsedHead Parsed(std::string_view bytes) {
  auto parsed = ParseHttpHead(bytes);
  EXPECT_TRUE(parsed && *parsed) << bytes;
  return parsed && *parsed ? **parsed : ParsedHead();
}

std::string Problem(std::string_view bytes) {
  const auto parsed = ParseHttpHead(bytes);
  EXPECT_FALSE(parsed) << bytes;
  return parsed ? "none" : parsed.error().message;
}

TEST(HttpHead, ReadsARequest) {
  const ParsedHead parsed =
      Parsed("POST /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nX-Empty:\r\nCONTENT-length:  12 \r\n\r\nbody");
  EXPECT_EQ(parsed.head.method, "POST");
  EXPECT_EQ(parsed.head.path, "/a/b");
  EXPECT_EQ(parsed.head.query, "c=d&e");
  EXPECT_EQ(parsed.head.Header("host"), "x");
  EXPECT_EQ(parsed.head.Header("x-empty"), "");
  EXPECT_EQ(parsed.head.content_length, 12U);
  EXPECT_EQ(parsed.size, 69U);
  EXPECT_TRUE(parsed.keep_alive);
  EXPECT_FALSE(parsed.expects_continue);
}

TEST(HttpHead, WaitsForTheEnd) {
  const std::string whole = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = ParseHttpHead(whole.substr(0, size));
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(*parsed) << size;
  }
  EXPECT_EQ(Parsed(whole).size, whole.size());
}

TEST(HttpHead, KnowsWhoStays) {
  EXPECT_FALSE(Parsed("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n").keep_alive);
  EXPECT_FALSE(Parsed("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(Parsed("GET / HTTP/1.1\r\nExpect: 100-Continue\r\n\r\n").expects_continue);
}

TEST(HttpHead, RefusesWhatCouldBeReadInTwoWays) {
  EXPECT_EQ(Problem("\r\n\r\n"), "no request line");
  EXPECT_EQ(Problem("GET\r\n\r\n"), "no request line");
  EXPECT_EQ(Problem("GET / HTTP/2\r\n\r\n"), "no version of HTTP/1");
  EXPECT_EQ(Problem("G T / HTTP/1.1\r\n\r\n"), "no path");
  EXPECT_EQ(Problem("GET http://x/ HTTP/1.1\r\n\r\n"), "no path");
  EXPECT_EQ(Problem("GET /a b HTTP/1.1\r\n\r\n"), "no path");
  EXPECT_EQ(Problem("GET / HTTP/1.1\r\nno colon\r\n\r\n"), "a header without a name");
  EXPECT_EQ(Problem("GET / HTTP/1.1\r\nA : b\r\n\r\n"), "a header without a name");
  EXPECT_EQ(Problem("GET / HTTP/1.1\r\n: b\r\n\r\n"), "a header without a name");
  EXPECT_EQ(Problem("GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n"), "a header without a name");
  EXPECT_EQ(Problem("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n"), "a header with a control character");
  EXPECT_EQ(Problem(std::string("GET / HTTP/1.1\r\nA: b\0\r\n\r\n", 25)),
            "a header with a control character");
  const std::string post = "POST / HTTP/1.1\r\n";
  constexpr const char* kNoLength = "a Content-Length that is none";
  EXPECT_EQ(Problem(post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), kNoLength);
  for (const char* length : {"", "-1", "+1", "0x1", "1, 1", "99999999999999999999"})
    EXPECT_EQ(Problem(post + "Content-Length: " + length + "\r\n\r\n"), kNoLength) << length;
  EXPECT_EQ(Problem(post + "Transfer-Encoding: chunked\r\n\r\n"),
            "a body without Content-Length is not taken");
  EXPECT_EQ(Problem(post + "Content-Length: 1\r\ntransfer-encoding: gzip\r\n\r\n"),
            "a body without Content-Length is not taken");
}

TEST(HttpHead, HasLimits) {
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 65; ++i)
    many += "A: b\r\n";
  EXPECT_EQ(Problem(many + "\r\n"), "too many headers");
}

}  // namespace
}  // namespace hpaplus
