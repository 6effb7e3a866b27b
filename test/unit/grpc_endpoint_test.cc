#include "collectors/grpc_endpoint.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

namespace hpaplus::collectors {
namespace {

using testing::HasSubstr;

ResolvedSource At(const std::string& endpoint) {
  ResolvedSource source;
  source.spec.endpoint = endpoint;
  return source;
}

TEST(GrpcEndpoint, TakesAHostAndAPort) {
  for (const char* endpoint : {"grpc://a:1", "grpcs://plug-in.shop.svc:65535", "grpc://10.0.0.1:80",
                               "grpc://[fd00::1]:9000"}) {
    EXPECT_TRUE(GrpcEndpoint::Create("test", At(endpoint))) << endpoint;
  }
}

TEST(GrpcEndpoint, RefusesWhatGrpcWouldTakeForAnotherKindOfAddress) {
  for (const char* endpoint : {"",
                               "a:1",
                               "http://a:1",
                               "grpc://",
                               "grpc://a",
                               "grpc://a:",
                               "grpc://:1",
                               "grpc://a:0",
                               "grpc://a:65536",
                               "grpc://a:1/path",
                               "grpc://a:+1",
                               "grpc://a:01",
                               "grpc://u:p@a:1",
                               "grpc://a,b:1",
                               "grpc://a b:1",
                               "grpc:///tmp/x:1",
                               "grpc://unix:/tmp/x:1",
                               "grpc://[::1:1",
                               "grpc://[]:1",
                               "grpc://fd00::1:1",
                               "grpc://[dns:a]:1"}) {
    const auto made = GrpcEndpoint::Create("test", At(endpoint));
    ASSERT_FALSE(made) << endpoint;
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(made.error().message, HasSubstr("test: the endpoint "));
  }
}

TEST(GrpcEndpoint, SendsNoCredentialsWithoutTls) {
  const auto refused = [](const std::function<void(HttpAuth&)>& set) {
    ResolvedSource source = At("grpc://a:1");
    set(source.auth);
    const bool plain = GrpcEndpoint::Create("test", source).has_value();
    source.spec.endpoint = "grpcs://a:1";
    const bool secure = GrpcEndpoint::Create("test", source).has_value();
    return !plain && secure;
  };
  EXPECT_TRUE(refused([](HttpAuth& auth) { auth.bearer_token = "t"; }));
  EXPECT_TRUE(refused([](HttpAuth& auth) { auth.basic_username = "u"; }));
  EXPECT_TRUE(refused([](HttpAuth& auth) { auth.header = {"X-Token", "t"}; }));
  EXPECT_TRUE(refused([](HttpAuth& auth) { auth.ca_pem = "c"; }));
  EXPECT_TRUE(refused([](HttpAuth& auth) { auth.client_cert_pem = "c"; }));
}

// gRPC aborts the whole program over these.
TEST(GrpcEndpoint, RefusesCredentialsThatNoHeaderCanHold) {
  ResolvedSource source = At("grpcs://a:1");
  for (const char* token : {"a\nb", "a\rb", "\x01", "t\xc3\xbc", "\x7f"}) {
    source.auth.bearer_token = token;
    const auto made = GrpcEndpoint::Create("test", source);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message, "test: the credentials hold bytes that no header can");
  }
  source.auth.bearer_token = "";
  for (const char* name : {"grpc-timeout", "token-bin", "a:b", "a b", "\xc3\xbc"}) {
    source.auth.header = {name, "v"};
    EXPECT_FALSE(GrpcEndpoint::Create("test", source)) << name;
  }
}

TEST(GrpcEndpoint, SaysWhatTheEndOfACallMeans) {
  const auto code = [](grpc::StatusCode status) {
    const Error error = ErrorOf("test", grpc::Status(status, "why\nnot"));
    EXPECT_EQ(error.message.find('\n'), std::string::npos);
    EXPECT_THAT(error.message, HasSubstr("why?not"));
    return error.code;
  };
  EXPECT_EQ(code(grpc::StatusCode::DEADLINE_EXCEEDED), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(code(grpc::StatusCode::UNAUTHENTICATED), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code(grpc::StatusCode::PERMISSION_DENIED), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code(grpc::StatusCode::NOT_FOUND), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(grpc::StatusCode::UNIMPLEMENTED), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(grpc::StatusCode::UNAVAILABLE), ErrorCode::kUnavailable);
  EXPECT_EQ(code(grpc::StatusCode::RESOURCE_EXHAUSTED), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hpaplus::collectors
