#include "engine/kube/kube_status.h"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::kube {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTooLarge =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
        "message":"Timeout: Too large resource version: 99, current: 10","reason":"Timeout",
        "details":{"causes":[{"reason":"ResourceVersionTooLarge",
        "message":"Too large resource version"}],"retryAfterSeconds":1},"code":504})";

TEST(ApiStatus, IsReadWithItsCauses) {
  const auto status = ParseApiStatus(
      R"({"kind":"Status","code":422,"reason":"Invalid","message":"it is invalid",
          "details":{"causes":[{"field":"spec.replicas","message":"negative"},{"message":"b"},7]}})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 422);
  EXPECT_EQ(status->reason, "Invalid");
  EXPECT_EQ(status->causes, "spec.replicas: negative; b");
  const Error error = ToError("put deployments/scale", *status);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.message,
            "kube: put deployments/scale: 422 it is invalid (spec.replicas: negative; b)");
}

TEST(ApiStatus, IsNothingElse) {
  for (const char* text :
       {"", "{}", "[]", "null", R"({"kind":"Pod"})", R"({"kind":"Status")", "<html>"})
    EXPECT_FALSE(ParseApiStatus(text)) << text;
  const auto odd = ParseApiStatus(R"({"kind":"Status","code":"x","message":3,"details":[]})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->code, 0);
  EXPECT_EQ(ToError("list pods", *odd).code, ErrorCode::kMalformedData);
}

TEST(ApiStatus, EveryCodeSaysWhatCanBeDone) {
  const std::pair<int, ErrorCode> expected[] = {{400, ErrorCode::kInvalidArgument},
                                                {401, ErrorCode::kPermissionDenied},
                                                {403, ErrorCode::kPermissionDenied},
                                                {404, ErrorCode::kNotFound},
                                                {406, ErrorCode::kInvalidArgument},
                                                {409, ErrorCode::kConflict},
                                                {410, ErrorCode::kGone},
                                                {413, ErrorCode::kInvalidArgument},
                                                {422, ErrorCode::kInvalidArgument},
                                                {429, ErrorCode::kUnavailable},
                                                {500, ErrorCode::kUnavailable},
                                                {502, ErrorCode::kUnavailable},
                                                {503, ErrorCode::kUnavailable},
                                                {504, ErrorCode::kUnavailable},
                                                {302, ErrorCode::kMalformedData},
                                                {100, ErrorCode::kMalformedData}};
  for (const auto& [status, code] : expected)
    EXPECT_EQ(ToError("get pods", status, "").code, code) << status;
}

TEST(ApiStatus, AP7AVersionTheServerHasNotReachedIsGone) {
  EXPECT_EQ(ToError("watch pods", 504, kTooLarge).code, ErrorCode::kGone);
}

TEST(ApiStatus, MakesOneBoundedLineOfAnyBody) {
  const Error error = ToError("get pods", 502, "<html>\r\n" + std::string(100'000, 'x'));
  EXPECT_THAT(error.message, HasSubstr("kube: get pods: 502 <html>"));
  EXPECT_THAT(error.message, Not(HasSubstr("\n")));
  EXPECT_LT(error.message.size(), 1100U);
  // Cut within a character of two bytes.
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string body(shift, 'x');
    for (int i = 0; i < 2000; ++i)
      body += "\xC3\xA9";
    const std::string message = ToError("get pods", 502, body).message;
    EXPECT_EQ((message.size() - shift - std::string("kube: get pods: 502 ...").size()) % 2, 0U);
  }
}

TEST(ApiStatus, ReadsEveryRecordedRefusal) {
  for (const char* name : {"deployment-scale-put-stale", "list-expired", "list-future-version"}) {
    std::ifstream in(std::string(HPAPLUS_SOURCE_DIR) + "/test/kube/recordings/" + name + ".json");
    const std::string recording((std::istreambuf_iterator<char>(in)), {});
    const std::size_t body = recording.find("\"body\": ", recording.find("\"response\""));
    ASSERT_NE(body, std::string::npos) << name;
    std::string status = recording.substr(body + 8);
    status.erase(status.rfind('}'));
    status.erase(status.rfind('}'));
    EXPECT_TRUE(ParseApiStatus(status)) << name << status;
  }
}

TEST(RetryAfter, AP8TakesSecondsAndDatesWithinAMinute) {
  const Timestamp now = *ParseRfc3339("2015-10-21T07:28:00Z");
  EXPECT_EQ(ParseRetryAfter("0", now), seconds(0));
  EXPECT_EQ(ParseRetryAfter("7", now), seconds(7));
  EXPECT_EQ(ParseRetryAfter("3600", now), seconds(60));
  EXPECT_EQ(ParseRetryAfter("99999999999999999999", now), seconds(60));
  EXPECT_EQ(ParseRetryAfter("Wed, 21 Oct 2015 07:28:09 GMT", now), seconds(9));
  EXPECT_EQ(ParseRetryAfter("Wed, 21 Oct 2015 07:27:00 GMT", now), seconds(0));
  EXPECT_EQ(ParseRetryAfter("Fri, 31 Dec 2100 07:28:09 GMT", now), seconds(60));
  for (const char* text : {"", "-1", "1.5", "7 ", "soon", "Wed, 21 Xxx 2015 07:28:09 GMT",
                           "Wed, 99 Oct 2015 07:28:09 GMT", "Wed, 21 Oct 2015 07:28:09 CET"})
    EXPECT_EQ(ParseRetryAfter(text, now), std::nullopt) << text;
}

}  // namespace
}  // namespace hpaplus::kube
