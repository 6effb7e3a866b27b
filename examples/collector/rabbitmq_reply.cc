#include "examples/collector/rabbitmq_reply.h"

#include <simdjson.h>

namespace hpaplus::collectors {
namespace {

Error Malformed(const std::string& what) {
  return {ErrorCode::kMalformedData, "rabbitmq: " + what};
}

}  // namespace

Result<QueueDepths> ParseQueues(std::string_view body, std::size_t most) {
  simdjson::dom::parser parser;
  simdjson::dom::array queues;
  if (parser.parse(body.data(), body.size()).get_array().get(queues) != simdjson::SUCCESS) {
    return Malformed("the answer is not a list in JSON");
  }
  QueueDepths depths;
  for (const simdjson::dom::element queue : queues) {
    std::string_view vhost;
    std::string_view name;
    double messages = 0;
    if (queue["vhost"].get_string().get(vhost) != simdjson::SUCCESS ||
        queue["name"].get_string().get(name) != simdjson::SUCCESS ||
        queue["messages"].get_double().get(messages) != simdjson::SUCCESS) {
      return Malformed("a queue has no vhost, name or number of messages");
    }
    if (depths.size() == most) return Malformed("more queues than limits.maxSeries");
    const std::string key = (vhost == "/" ? "" : std::string(vhost)) + "/" + std::string(name);
    if (!depths.emplace(key, messages).second) return Malformed("a queue is there twice");
  }
  return depths;
}

}  // namespace hpaplus::collectors
