// The egress policy where it matters: at the socket, whatever the URL or DNS made of the address.

#include <gmock/gmock.h>

#include "test/contract/http_client_contract.h"

namespace hpaplus::test {
namespace {

using testing::HasSubstr;

class EgressContract : public HttpClientContract {
 protected:
  // A client of its own, so that it goes before the server.
  void Use(const std::vector<const char*>& allow, std::vector<std::string> resolve = {}) {
    EgressPolicy::Config config;
    for (const char* network : allow)
      config.allow.push_back(*ParseNetwork(network));
    CurlOptions options;
    options.egress = std::make_shared<const EgressPolicy>(*EgressPolicy::Create(config));
    options.resolve = std::move(resolve);
    client_ = std::make_unique<CurlClient>(clock_, options);
  }

  static std::string Port(const ScriptedServer& server) {
    return server.url().substr(server.url().rfind(':') + 1);
  }
};

TEST_F(EgressContract, ReachesNoForbiddenAddressHoweverItIsWritten) {
  const auto server = Serve([](const ScriptedRequest&) { return Text("secret"); });
  Use({});
  const std::string port = Port(*server);
  for (const std::string host :
       {"127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0.0.0.0",
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
        "[64:ff9b::7f00:1]", "169.254.169.254", "[fe80::1]"}) {
    const auto response = Get("http://" + host + ":" + port + "/");
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().code, ErrorCode::kPermissionDenied)
        << host << ": " << response.error().message;
    EXPECT_THAT(response.error().message, HasSubstr("egress policy")) << host;
  }
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(EgressContract, JudgesTheAddressAndNotTheName) {
  const auto server = Serve([](const ScriptedRequest&) { return Text("secret"); });
  const std::string port = Port(*server);
  Use({}, {"innocent.example:" + port + ":127.0.0.1", "six.example:" + port + ":[::ffff:127.0.0.1]",
           "metadata.example:" + port + ":169.254.169.254"});
  for (const char* host : {"innocent.example", "six.example", "metadata.example"}) {
    const auto response = Get("http://" + std::string(host) + ":" + port + "/");
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().code, ErrorCode::kPermissionDenied) << response.error().message;
  }
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(EgressContract, JudgesANameAnewWithEachConnection) {
  const auto server = Serve([](const ScriptedRequest&) { return Text("fine"); });
  const std::string port = Port(*server);
  // The name led to an allowed address first and leads to a forbidden one now, on the same machine.
  Use({"127.0.0.1/32"}, {"rebound.example:" + port + ":127.0.0.1"});
  EXPECT_TRUE(Get("http://rebound.example:" + port + "/"));
  Use({"127.0.0.1/32"}, {"rebound.example:" + port + ":127.0.0.2"});
  const auto response = Get("http://rebound.example:" + port + "/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message,
            "rebound.example:" + port +
                ": the egress policy does not allow 127.0.0.2 (in 127.0.0.0/8: loopback)");
}

TEST_F(EgressContract, TakesTheAllowedOneOfSeveralAddresses) {
  const auto server = Serve([](const ScriptedRequest&) { return Text("fine"); });
  const std::string port = Port(*server);
  Use({"127.0.0.1/32"}, {"both.example:" + port + ":169.254.169.254,127.0.0.1"});
  const auto response = Get("http://both.example:" + port + "/");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "fine");
}

TEST_F(EgressContract, TellsRefusedByThePolicyFromRefusedByTheHost) {
  Use({"127.0.0.1/32"}, {"both.example:1:169.254.169.254,127.0.0.1"});
  EXPECT_EQ(Get("http://both.example:1/").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Get("http://127.0.0.1:1/").error().code, ErrorCode::kUnavailable);
}

TEST_F(EgressContract, FollowsNoRedirectToAForbiddenAddress) {
  const auto server = Serve([](const ScriptedRequest&) {
    ScriptedAnswer answer;
    answer.status = 302;
    answer.headers = {{"Location", "http://169.254.169.254/latest/meta-data/"}};
    return answer;
  });
  Use({"127.0.0.0/8"});
  const auto response = Get(server->url() + "/");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 302);
}

TEST_F(EgressContract, HoldsForStreamsToo) {
  const auto server = Serve([](const ScriptedRequest&) { return Text("secret"); });
  Use({});
  const auto stream = Open(server->url() + "/");
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(server->connections(), 0U);
}

}  // namespace
}  // namespace hpaplus::test
