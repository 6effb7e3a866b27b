#pragma once

#include <string>

#include <gtest/gtest.h>

#include "engine/model/yaml_json.h"

namespace hpaplus::testing {

/// The JSON of an object with this spec, which is written as YAML flow.
inline std::string Object(const std::string& spec, const std::string& kind = "HPAPlus") {
  const auto documents = ParseYaml(
      "{apiVersion: autoscaling.hpaplus.io/v1alpha1, kind: " + kind +
      ", metadata: {name: web, namespace: shop, uid: u1, generation: 7}, spec: " + spec + "}");
  EXPECT_TRUE(documents) << documents.error().message;
  return documents ? documents->front().json : "";
}

}  // namespace hpaplus::testing
