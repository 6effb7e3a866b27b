#pragma once

#include <functional>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "test/support/scripted_server.h"

namespace hpaplus::test {

/// Answers a Prometheus' query_range with one series of a value per step, which a function of the
/// second gives. `look` sees every request first, and may answer it itself with another status.
inline ScriptedServer::Script RangeScript(
    std::function<double(std::int64_t)> value,
    std::function<ScriptedAnswer(const ScriptedRequest&)> look) {
  return [value = std::move(value), look = std::move(look)](const ScriptedRequest& request) {
    ScriptedAnswer answer = look(request);
    if (answer.status != 200 || !answer.body.empty()) return answer;
    const auto begin = std::stoll(request.query.at("start"));
    const auto end = std::stoll(request.query.at("end"));
    std::string values;
    for (auto at = begin; at <= end; at += std::stoll(request.query.at("step")))
      values += fmt::format("{}[{},\"{}\"]", values.empty() ? "" : ",", at, value(at));
    std::string series = R"({"metric":{},"values":[)" + values + "]}";
    if (request.query.at("query") == "two") series += "," + series;
    answer.body =
        R"({"status":"success","data":{"resultType":"matrix","result":[)" + series + "]}}";
    return answer;
  };
}

}  // namespace hpaplus::test
