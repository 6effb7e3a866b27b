// The collector of docs/write-a-collector.md keeps the contract, reads what a RabbitMQ answers, and
// is the code that the page shows.

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "examples/collector/rabbitmq.h"
#include "examples/collector/rabbitmq_reply.h"
#include "test/contract/collector_contract.h"
#include "test/support/fake_http_client.h"

namespace hpaplus::test {
namespace {

using testing::HasSubstr;

struct RabbitMqRig {
  FakeHttpClient http;
  SerialExecutor executor;
  std::unique_ptr<Collector> collector;

  RabbitMqRig() {
    ResolvedSource source;
    source.spec.endpoint = "http://rabbitmq:15672";
    collector = std::move(*collectors::RabbitMqCollector::Create(source, {http, executor}));
  }
  static MetricQuery Query(int i) {
    MetricQuery query;
    query.expression = "/q" + std::to_string(i);
    return query;
  }
  void AnswerAll() { Fail(-1); }
  void Fail(int missing) {
    std::string queues;
    for (int i = 0; i < 4; ++i) {
      if (i == missing) continue;
      queues += std::string(queues.empty() ? "" : ",") + R"({"vhost":"/","name":"q)" +
                std::to_string(i) + R"(","messages":7})";
    }
    http.AnswerAlways("[" + queues + "]");
  }
  bool AnswerBytes(std::string bytes) {
    http.AnswerAlways(std::move(bytes));
    return true;
  }
  [[nodiscard]] std::size_t asked() const { return http.seen.size(); }
  [[nodiscard]] std::optional<Timestamp> deadline() const { return http.deadline; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Example, CollectorContract, RabbitMqRig);

TEST(RabbitMqReply, ReadsTheDepthOfEachQueue) {
  const auto depths = collectors::ParseQueues(
      R"([{"messages":3,"name":"orders","vhost":"/"},{"vhost":"eu","name":"orders","messages":0}])",
      10);
  ASSERT_TRUE(depths) << depths.error().message;
  EXPECT_EQ(depths->at("/orders"), 3);
  EXPECT_EQ(depths->at("eu/orders"), 0);
}

TEST(RabbitMqReply, UsesNoPartOfAnAnswerThatMakesNoSense) {
  const auto problem = [](const std::string& body) {
    const auto depths = collectors::ParseQueues(body, 2);
    EXPECT_FALSE(depths) << body;
    return depths ? "" : depths.error().message;
  };
  const std::string good = R"({"vhost":"/","name":"a","messages":1})";
  EXPECT_THAT(problem(R"({"error":"not_authorised"})"), HasSubstr("not a list"));
  EXPECT_THAT(problem("[" + good + R"(,{"vhost":"/","name":"b"}])"), HasSubstr("no vhost"));
  EXPECT_THAT(problem("[" + good + "," + good + "]"), HasSubstr("twice"));
  EXPECT_THAT(problem("[" + good + R"(,{"vhost":"/","name":"b","messages":1})" +
                      R"(,{"vhost":"/","name":"c","messages":1}])"),
              HasSubstr("limits.maxSeries"));
}

std::string Slurp(const std::string& path) {
  std::ifstream in(std::string(HPAPLUS_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(WriteACollector, ShowsTheCodeThatIsCompiled) {
  const std::string page = Slurp("docs/write-a-collector.md");
  for (const char* name : {"rabbitmq.h", "rabbitmq.cc", "rabbitmq_reply.cc"}) {
    const std::string code = Slurp(std::string("examples/collector/") + name);
    ASSERT_FALSE(code.empty()) << name;
    EXPECT_NE(page.find("```cpp\n" + code + "```"), std::string::npos) << name;
  }
  const std::string plugin = Slurp("examples/collector-plugin/spool.py");
  const std::size_t begin = plugin.find("class Spool(");
  const std::size_t end = plugin.find("\n\n\nclass OnlyWithToken");
  ASSERT_LT(begin, end);
  EXPECT_NE(page.find(plugin.substr(begin, end - begin)), std::string::npos);
}

}  // namespace
}  // namespace hpaplus::test
