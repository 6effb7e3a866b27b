// Replays what test/kube/record.sh recorded of a real API server against the embedded cluster, in
// the same order, and compares status, headers and body. What is known to differ is listed with
// its reason; everything else has to be equal.

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/embedded_cluster.h"
#include "engine/model/yaml_json.h"
#include "engine/shell/system_clock.h"

namespace hpaplus {
namespace {

using Json = nlohmann::json;

constexpr char kToken[] = "recorder";

// Not compared at all.
const std::map<std::string, std::string> kLeftOut = {
    {"version", "the embedded cluster says that it is one"},
    {"apis", "it serves fewer groups, and metrics.k8s.io"},
    {"forbidden-list", "no RBAC: who gets in may do everything"},
    {"forbidden-get", "no RBAC"},
    {"forbidden-scale", "no RBAC"},
    {"forbidden-watch", "no RBAC"},
    {"forbidden-path", "no RBAC"},
    {"access-review", "no RBAC"},
    {"deployment-apply-conflict", "no server-side apply: 415"},
    {"deployment-apply-force", "no server-side apply: 415"},
    {"budget-create", "no PodDisruptionBudgets"},
    {"pod-evict-retry-after", "no PodDisruptionBudgets"},
    {"pod-delete", "the eviction before it has succeeded"},
    {"pod-status-patch", "a real one fills in podIPs and lastProbeTime"},
    {"pod-list", "a real one fills in podIPs and lastProbeTime"},
    {"quota-exceeded", "usage is counted, not read from the status that the recorder wrote"},
    {"metrics-absent", "there are metrics"},
};

// Only the status, the code and the reason are compared: the words are those of Go's libraries, or
// name media types that are not taken here.
const std::set<std::string> kOtherWords = {
    "deployment-create-malformed",  "not-acceptable",         "unsupported-media-type",
    "deployment-list-bad-continue", "custom-strategic-patch",
};

// Lists of what is served: here only a part.
const std::set<std::string> kParts = {"apis-apps-v1", "apis-aggregated"};

std::string ReadFile(const std::string& name) {
  std::ifstream in(std::string(HPAPLUS_SOURCE_DIR "/test/kube/") + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

Json ReadRecording(const std::string& name) {
  return Json::parse(ReadFile("recordings/" + name + ".json"));
}

std::vector<std::string> ReadRecordings() {
  return Json::parse(ReadFile("recordings/index.json")).get<std::vector<std::string>>();
}

// The custom kind of the recordings, as JSON.
std::string Definition() {
  const auto documents = ParseYaml(ReadFile("testdata/statefulsetplus-crd.yaml"));
  return documents && documents->size() == 1 ? (*documents)[0].json : "";
}

// As record.py does: what differs from run to run becomes constant.
class Normaliser {
 public:
  static Json Apply(const Json& value, const std::string& key = "") {
    if (value.is_object()) return Object(value);
    if (value.is_array()) {
      Json list = Json::array();
      for (const Json& one : value)
        list.push_back(Apply(one));
      return list;
    }
    if (value.is_string() && !value.get<std::string>().empty()) return Text(value, key);
    return value;
  }

 private:
  static Json Object(Json value) {
    if (value.value("kind", "") == "Table" && value["columnDefinitions"].is_array()) {
      for (std::size_t column = 0; column < value["columnDefinitions"].size(); ++column) {
        if (value["columnDefinitions"][column]["name"] != "Age") continue;
        for (Json& row : value["rows"])
          row["cells"][column] = "0s";
      }
    }
    // Only the first table of a watch has columns; in the recorded ones the age is the last.
    if (value.value("kind", "") == "Table" && value["columnDefinitions"].is_null()) {
      for (Json& row : value["rows"])
        row["cells"].back() = "0s";
    }
    Json result = Json::object();
    for (const auto& [key, member] : value.items()) {
      const bool dropped =
          key == "managedFields" || key == "description" || key == "storageVersionHash";
      if (!dropped) result[key] = Apply(member, key);
    }
    return result;
  }

  static Json Text(const Json& value, const std::string& key) {
    static const std::map<std::string, std::string> kConstants = {
        {"creationTimestamp", "2026-01-01T00:00:00Z"},
        {"deletionTimestamp", "2026-01-01T00:00:00Z"},
        {"continue", "CONTINUE"},
        {"resourceVersion", "1000"},
        {"serverAddress", "127.0.0.1:6443"},
    };
    static const std::regex kUid("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    static const std::regex kTooOld("too old resource version: \\d+ \\(\\d+\\)");
    static const std::regex kTooLarge("(Too large resource version: \\d+, current: )\\d+");
    const auto constant = kConstants.find(key);
    std::string text = value.get<std::string>();
    if (constant != kConstants.end() && text != "0") return constant->second;
    text = std::regex_replace(text, kUid, "00000000-0000-0000-0000-000000000000");
    text = std::regex_replace(text, kTooOld, "too old resource version: 1 (1000)");
    return std::regex_replace(text, kTooLarge, "$011000");
  }
};

// Keeps of `list` what `other` has too, by the member `key`.
void KeepCommon(Json& list, const Json& other, const std::string& key) {
  Json kept = Json::array();
  for (const Json& one : list) {
    const bool common = std::any_of(other.begin(), other.end(),
                                    [&](const Json& two) { return one[key] == two[key]; });
    if (common) kept.push_back(one);
  }
  list = kept;
}

void Clear(Json& kind) {
  kind["group"] = "";
  kind["version"] = "";
}

void KeepCommonParts(const std::string& name, Json& real, Json& ours) {
  if (name == "apis-apps-v1") {
    KeepCommon(real["resources"], ours["resources"], "name");
    return;
  }
  Json items = Json::array();
  for (Json& item : ours["items"]) {
    for (Json& recorded : real["items"]) {
      if (recorded["metadata"] != item["metadata"]) continue;
      KeepCommon(recorded["versions"][0]["resources"], item["versions"][0]["resources"],
                 "resource");
      // A real API server leaves group and version of its own kinds out.
      if (item["metadata"]["name"] == "apps") {
        for (Json& resource : item["versions"][0]["resources"]) {
          Clear(resource["responseKind"]);
          for (Json& sub : resource["subresources"]) {
            if (sub["responseKind"]["group"] == "apps") Clear(sub["responseKind"]);
          }
        }
      }
      items.push_back(item);
    }
  }
  ours["items"] = items;
}

class Replay {
 public:
  explicit Replay(EmbeddedCluster& cluster) : cluster_(cluster), client_(cluster.url()) {
    client_.set_keep_alive(true);
  }

  httplib::Result Send(const std::string& method, const std::string& path,
                       const std::string& body = "", const std::string& type = "",
                       const std::string& accept = "", const std::string& user = "admin") {
    httplib::Request request;
    request.method = method;
    request.path = path;
    if (!accept.empty()) request.set_header("Accept", accept);
    if (!type.empty()) request.set_header("Content-Type", type);
    if (user == "admin") request.set_header("Authorization", std::string("Bearer ") + kToken);
    if (user == "stranger") request.set_header("Authorization", "Bearer stranger");
    request.body = body;
    return client_.send(request);
  }

  // The answer in the form of a recording.
  Json Run(const std::string& name, const Json& request) {
    Prepare(name);
    std::string path = request["path"];
    Replace(path, "@CONTINUE@", token_);
    if (name == "watch-changes" || name == "watch-selector") {
      path = std::regex_replace(path, std::regex("resourceVersion=\\d+"),
                                "resourceVersion=" + version_);
    }
    // The client would encode a plus.
    while (path.find('+') != std::string::npos)
      Replace(path, "+", "%20");
    // The recorder's patience is longer than ours has to be.
    Replace(path, "timeoutSeconds=4", "timeoutSeconds=1");
    const std::string at_url = path.substr(0, path.find('?'));
    std::string body;
    if (request.contains("body")) {
      body =
          request["body"].is_string() ? request["body"].get<std::string>() : request["body"].dump();
    }
    if (name == "deployment-create-duplicate-field-strict") {
      Replace(body, "\"replicas\":2", "\"replicas\":1,\"replicas\":2");
    }
    if (body.find("@RV@") != std::string::npos) {
      const auto present = Send("GET", at_url);
      Replace(body, "@RV@", Json::parse(present->body)["metadata"]["resourceVersion"]);
    }
    const auto answer = Send(request["method"], path, body, request.value("contentType", ""),
                             request.value("accept", ""), request["user"]);
    EXPECT_TRUE(answer) << name << ": " << httplib::to_string(answer.error());
    if (!answer) return {};
    return AnswerOf(*answer, path.find("watch=1") != std::string::npos);
  }

 private:
  static void Replace(std::string& text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    if (at != std::string::npos) text.replace(at, what.size(), with);
  }

  Json AnswerOf(const httplib::Response& answer, bool watch) {
    Json response{{"status", answer.status}, {"headers", Json::object()}};
    for (const char* header :
         {"Allow", "Content-Type", "Location", "Retry-After", "Warning", "WWW-Authenticate"}) {
      if (!answer.has_header(header)) continue;
      std::string lower(header);
      std::transform(lower.begin(), lower.end(), lower.begin(), ::tolower);
      response["headers"][lower] = answer.get_header_value(header);
    }
    if (watch && answer.status == 200) {
      response["events"] = Json::array();
      std::istringstream lines(answer.body);
      for (std::string line; std::getline(lines, line);) {
        response["events"].push_back(Normaliser::Apply(Json::parse(line)));
      }
      return response;
    }
    Json body = Json::parse(answer.body, nullptr, false);
    token_.clear();
    if (body.is_discarded()) {
      response["body"] = answer.body;
      return response;
    }
    if (body.contains("metadata")) token_ = body["metadata"].value("continue", "");
    response["body"] = Normaliser::Apply(body);
    return response;
  }

  void Map(const std::string& method, const std::string& name, const Json& body) {
    const std::string maps = "/api/v1/namespaces/shop/configmaps";
    const char* type = method == "PATCH" ? "application/merge-patch+json" : "application/json";
    const auto answer =
        Send(method, method == "POST" ? maps : maps + "/" + name, body.dump(), type);
    ASSERT_TRUE(answer && answer->status < 300) << method << " " << name;
  }

  // What record.sh does between the requests that it records.
  void Prepare(const std::string& name) {
    const auto map = [](const std::string& called) {
      return Json{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", called}}}};
    };
    if (name == "watch-initial-events") {
      Map("POST", "a", map("a"));
      Map("POST", "b", map("b"));
    } else if (name == "watch-changes") {
      version_ = std::to_string(cluster_.resource_version());
      Map("PATCH", "a", {{"metadata", {{"labels", {{"x", "y"}}}}}});
      Map("POST", "c", map("c"));
      Map("DELETE", "b", Json::object());
    } else if (name == "watch-selector") {
      // The label goes and comes back while somebody watches: here by starting before it goes.
      version_ = std::to_string(cluster_.resource_version());
      Map("PATCH", "a", {{"metadata", {{"labels", {{"x", nullptr}}}}}});
      Map("PATCH", "a", {{"metadata", {{"labels", {{"x", "y"}}}}}});
    } else if (name == "watch-expired") {
      const auto page = Send("GET", "/apis/apps/v1/namespaces/shop/deployments?limit=1");
      old_token_ = Json::parse(page->body)["metadata"]["continue"];
      cluster_.Compact();
    } else if (name == "list-expired-continue") {
      token_ = old_token_;
    }
  }

  EmbeddedCluster& cluster_;
  httplib::Client client_;
  std::string token_;
  std::string old_token_;  // From before the compaction.
  std::string version_;    // Where the next watch begins, in place of the recorded one.
};

Result<std::unique_ptr<EmbeddedCluster>> StartLoneServer(Clock& clock) {
  EmbeddedCluster::Config config;
  config.token = kToken;
  config.controllers = false;
  config.future_version_wait = std::chrono::milliseconds(100);
  return EmbeddedCluster::Start(config, clock);
}

// The response of a recording, in the form in which ours is compared with it.
Json Expected(const Json& recording) {
  Json response = recording["response"];
  for (const char* part : {"body", "events"}) {
    if (response.contains(part)) response[part] = Normaliser::Apply(response[part]);
  }
  return response;
}

void Compare(const std::string& name, Json real, Json ours) {
  if (kOtherWords.contains(name)) {
    for (Json* response : {&real, &ours})
      (*response)["body"].erase("message");
  }
  if (kParts.contains(name)) KeepCommonParts(name, real["body"], ours["body"]);
  // Without the forced apply, the Deployment has one change less.
  if (name == "deployment-status-patch") {
    real["body"]["metadata"]["generation"] = 5;
    real["body"]["spec"]["replicas"] = 4;
  }
  // Ours begins after the first of the recorded events.
  if (name == "watch-selector") real["events"].erase(0);
  if (name == "deployment-scale-get") real["body"]["spec"]["replicas"] = 4;
  EXPECT_EQ(real, ours) << name << ", from the recorded answer to ours:\n"
                        << Json::diff(real, ours).dump(1);
}

void AwaitServed(Replay& replay, const std::string& path) {
  constexpr int kTries = 100'000;
  for (int i = 0; i < kTries; ++i) {
    const auto answer = replay.Send("GET", path);
    if (answer && answer->status == 200) return;
  }
  FAIL() << path << " is not served";
}

TEST(EmbeddedRecordings, AnswersAsARealApiServerDoes) {
  SystemClock clock;
  const auto cluster = StartLoneServer(clock);
  ASSERT_TRUE(cluster) << cluster.error().message;
  Replay replay(**cluster);
  const auto definition =
      replay.Send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Definition(),
                  "application/json");
  ASSERT_TRUE(definition && definition->status == 201) << definition->body;
  AwaitServed(replay, "/apis/apps.example.com/v1");
  std::size_t compared = 0;
  for (const std::string& name : ReadRecordings()) {
    const Json recording = ReadRecording(name);
    const Json ours = replay.Run(name, recording["request"]);
    if (kLeftOut.contains(name)) continue;
    Compare(name, Expected(recording), ours);
    ++compared;
  }
  EXPECT_GE(compared, 140U);
}

}  // namespace
}  // namespace hpaplus
