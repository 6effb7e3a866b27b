#include "engine/embedded/embedded_cluster.h"

#include <fstream>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/log.h"
#include "engine/embedded/annotations.h"
#include "engine/embedded/api.h"
#include "engine/embedded/controllers.h"
#include "engine/embedded/http_server.h"
#include "engine/model/crds.h"
#include "engine/model/yaml_json.h"

namespace hpaplus {

using embedded::Json;

struct EmbeddedCluster::Parts {
  Parts(const Config& given, Clock& time)
      : config(given),
        clock(time),
        store({given.objects_max, given.history}),
        objects(store, resources, clock),
        reader(store, clock,
               {given.future_version_wait, given.bookmark_interval, given.watch_timeout}),
        metrics(store, resources, given.metrics_interval),
        api(objects, reader, metrics, given.token),
        controllers(
            objects, metrics,
            {given.start_delay, given.stop_delay, given.metrics_interval, given.controllers}) {}

  // What is there from the start.
  void Furnish() {
    Put("namespaces", Json{{"metadata", {{"name", "default"}}}});
    Put("namespaces", Json{{"metadata",
                            {{"name", "kube-system"},
                             {"annotations", {{embedded::kNotice, embedded::kNoticeText}}}}}});
    Json node{{"metadata", {{"name", embedded::kNodeName}}}};
    embedded::SetCondition(node["status"]["conditions"], "Ready", true, "Embedded",
                           embedded::kNoticeText, clock.Now());
    node["status"]["nodeInfo"] = {{"kubeletVersion", "embedded"}};
    Put("nodes", std::move(node));
    for (const EmbeddedFile& file : EmbeddedCrds()) {
      const Result<std::vector<YamlDocument>> documents = ParseYaml(file.text);
      HPAPLUS_CHECK(documents && documents->size() == 1);
      Result<embedded::ParsedJson> definition = embedded::ParseJson((*documents)[0].json);
      HPAPLUS_CHECK(definition);
      Put("customresourcedefinitions", std::move(*definition->value));
    }
  }

  void Put(const std::string& plural, Json object) {
    embedded::ResourcePtr resource = resources.Find("", "v1", plural);
    if (resource == nullptr) resource = resources.Find("apiextensions.k8s.io", "v1", plural);
    Json whole{{"kind", resource->kind}, {"apiVersion", resource->api_version()}};
    embedded::Merge(whole, object);
    embedded::WriteOptions options;
    options.trusted = true;
    const auto created = objects.Create(*resource, "", std::move(whole), options);
    HPAPLUS_CHECK(created);
  }

  Status Listen() {
    Result<std::unique_ptr<embedded::HttpServer>> started = embedded::HttpServer::Start(
        {config.address, config.port, config.connections_max, config.body_bytes_max}, api);
    if (!started) return started.error();
    const MutexLock lock(mutex);
    server = std::move(*started);
    config.port = server->port();
    return Done{};
  }

  void Hang() {
    std::unique_ptr<embedded::HttpServer> going;
    {
      const MutexLock lock(mutex);
      going = std::move(server);
    }
    if (going == nullptr) return;
    going->Cut();
    store.CloseWatches();
  }

  Config config;
  Clock& clock;
  embedded::Store store;
  embedded::ResourceTable resources;
  embedded::Objects objects;
  embedded::Reader reader;
  embedded::PodMetrics metrics;
  embedded::Api api;
  embedded::Controllers controllers;
  Mutex mutex;
  std::unique_ptr<embedded::HttpServer> server;
};

EmbeddedCluster::EmbeddedCluster(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

EmbeddedCluster::~EmbeddedCluster() {
  parts_->Hang();
}

Result<std::unique_ptr<EmbeddedCluster>> EmbeddedCluster::Start(const Config& config,
                                                                Clock& clock) {
  auto parts = std::make_unique<Parts>(config, clock);
  parts->Furnish();
  parts->controllers.Settle();
  parts->controllers.Start();
  if (Status status = parts->Listen(); !status) return status.error();
  std::unique_ptr<EmbeddedCluster> cluster(new EmbeddedCluster(std::move(parts)));
  HPAPLUS_LOG(kWarning, "embedded cluster started: for trying out and testing only",
              {{"url", cluster->url()}});
  return cluster;
}

std::string EmbeddedCluster::url() const {
  return fmt::format("http://{}:{}", parts_->config.address, parts_->config.port);
}

std::string EmbeddedCluster::Kubeconfig() const {
  const std::string& token = parts_->config.token;
  const std::string user =
      token.empty() ? "{}" : fmt::format("{{token: {}}}", embedded::Dump(Json(token)));
  return fmt::format(
      "# The embedded cluster of HPAPlus: for trying out and testing only.\n"
      "apiVersion: v1\n"
      "kind: Config\n"
      "current-context: embedded\n"
      "contexts:\n"
      "- name: embedded\n"
      "  context: {{cluster: embedded, user: embedded, namespace: default}}\n"
      "clusters:\n"
      "- name: embedded\n"
      "  cluster: {{server: \"{}\"}}\n"
      "users:\n"
      "- name: embedded\n"
      "  user: {}\n",
      url(), user);
}

Status EmbeddedCluster::WriteKubeconfig(const std::string& path) const {
  std::ofstream file(path);
  file << Kubeconfig();
  file.close();
  if (file) return Done{};
  return Error{ErrorCode::kUnavailable, "embedded cluster: cannot write " + path};
}

void EmbeddedCluster::Stop() {
  parts_->Hang();
}

Status EmbeddedCluster::Resume() {
  return parts_->Listen();
}

void EmbeddedCluster::Compact() {
  parts_->store.Compact();
}

void EmbeddedCluster::CloseWatches() {
  parts_->store.CloseWatches();
}

void EmbeddedCluster::FailNext(int count, int status) {
  parts_->api.FailNext(count, status);
}

std::uint64_t EmbeddedCluster::resource_version() const {
  return parts_->store.version();
}

}  // namespace hpaplus
